//! What is still to be sent, and how much of it at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::execute::WINDOW;
use crate::step::{Step, StepKind};

/// So many titles go into the first request: what fails is known soon.
const FIRST: usize = 100;

/// A step on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) place: usize,
    pub(crate) step: &'a Step,
    /// Whether it may have been sent before.
    pub(crate) was_sent: bool,
    pub(crate) attempts: u8,
}

/// Titles for one request.
#[derive(Debug, Clone)]
pub(crate) struct Batch<'a> {
    pub(crate) titles: Vec<Sending<'a>>,
    /// Whether all of them get the same values, by one mutation.
    pub(crate) is_shared: bool,
}

/// Titles that wait to be sent.
#[derive(Debug)]
pub(crate) struct Queue<'a> {
    /// Batches that were put together for a reason, and are not mixed with others.
    apart: VecDeque<Batch<'a>>,
    rest: VecDeque<Sending<'a>>,
    size: usize,
    most: usize,
}

impl<'a> Queue<'a> {
    /// `most` is how many writes fit into one request.
    pub(crate) fn new(mut saves: Vec<Sending<'a>>, most: usize) -> Self {
        let most = most.max(1);
        let mut apart = VecDeque::new();
        // One mutation for many entries only pays where they would not fit into one request anyhow.
        if saves.len() > most {
            let mut alike: BTreeMap<String, Vec<Sending<'a>>> = BTreeMap::new();
            for sending in saves.iter().filter(|sending| can_be_shared(sending.step)) {
                let values = format!("{:?} {:?}", sending.step.media_type, sending.step.write);
                alike.entry(values).or_default().push(*sending);
            }
            alike.retain(|_, titles| titles.len() > most);
            let shared: BTreeSet<usize> = alike.values().flatten().map(|s| s.place).collect();
            saves.retain(|sending| !shared.contains(&sending.place));
            let parts = alike.values().flat_map(|titles| titles.chunks(WINDOW));
            apart.extend(parts.map(|part| Batch {
                titles: part.to_vec(),
                is_shared: true,
            }));
        }
        Self {
            apart,
            rest: saves.into(),
            size: FIRST.min(most),
            most,
        }
    }

    pub(crate) fn next(&mut self) -> Option<Batch<'a>> {
        if let Some(batch) = self.apart.pop_front() {
            return Some(batch);
        }
        if self.rest.is_empty() {
            return None;
        }
        let count = self.size.min(self.rest.len());
        Some(Batch {
            titles: self.rest.drain(..count).collect(),
            is_shared: false,
        })
    }

    /// What comes next, to be read along.
    pub(crate) fn upcoming(&self) -> impl Iterator<Item = &Sending<'a>> {
        let apart = self.apart.iter().flat_map(|batch| &batch.titles);
        apart.chain(&self.rest)
    }

    /// Sends these before anything else, each part by itself.
    pub(crate) fn put_apart(&mut self, parts: impl IntoIterator<Item = Vec<Sending<'a>>>) {
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        for titles in parts.into_iter().rev() {
            self.apart.push_front(Batch {
                titles,
                is_shared: false,
            });
        }
    }

    /// Sends these again, in batches of the present size.
    pub(crate) fn put_back(&mut self, titles: Vec<Sending<'a>>) {
        for sending in titles.into_iter().rev() {
            self.rest.push_front(sending);
        }
    }

    /// It went well: more at once.
    pub(crate) fn grow(&mut self) {
        self.size = (self.size * 2).min(self.most);
    }

    /// It was too much: fewer at once.
    pub(crate) fn shrink(&mut self) {
        self.size = (self.size / 2).max(1);
    }

    /// No more than this fit.
    pub(crate) fn limit(&mut self, most: usize) {
        self.most = most.max(1).min(self.most);
        self.size = self.size.min(self.most);
    }
}

fn can_be_shared(step: &Step) -> bool {
    step.kind == StepKind::Write && !step.write.custom_lists.is_recorded()
}
