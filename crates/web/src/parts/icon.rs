//! What a row of tabs shows of us: the icon, and a mark before the title where something is not as it should
//! be.

use askama::Template;

use crate::page::VERSION;

html_safe!(Icon);

/// The icon of a page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/icon.html")]
pub(crate) struct Icon {
    base: String,
    version: &'static str,
    is_troubled: bool,
}

impl Icon {
    pub(crate) fn of(base: &str, is_troubled: bool) -> Self {
        Self {
            base: base.to_owned(),
            version: &VERSION,
            is_troubled,
        }
    }

    /// What stands before the title.
    pub(crate) const fn mark(&self) -> &'static str {
        if self.is_troubled { "(!) " } else { "" }
    }
}
