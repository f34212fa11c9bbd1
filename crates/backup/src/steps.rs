//! Every effect on the disk, one by one, for tests that let each of them fail or the process die.

use std::fmt;
use std::io;
use std::sync::Arc;

/// One effect on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The folder is made.
    MakeFolder,
    /// A temporary file is made.
    MakeFile,
    /// Bytes are written into it.
    Write,
    /// It is made to survive a loss of power.
    SyncFile,
    /// It is read back.
    ReadBack,
    /// It gets its name.
    Name,
    /// The names in the folder are made to survive a loss of power.
    SyncFolder,
    /// A snapshot goes to the trash.
    Discard,
    /// A snapshot comes back from the trash.
    BringBack,
    /// A file is removed for good.
    Remove,
    /// The catalogue is written.
    Catalogue,
}

type Watch = dyn Fn(Step) -> io::Result<()> + Send + Sync;

/// Somebody who is told of each step before it is taken, and may refuse it.
#[derive(Clone, Default)]
pub struct Steps(Option<Arc<Watch>>);

impl Steps {
    /// Asks before each step; what it answers is what the disk then answers.
    pub fn watched(watch: impl Fn(Step) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(watch)))
    }

    /// To be called before a step is taken.
    pub fn before(&self, step: Step) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |watch| watch(step))
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Steps(watched)"
        } else {
            "Steps"
        })
    }
}
