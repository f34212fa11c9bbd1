//! Whose clocks pages show: those of the installation, or UTC for whoever wants that in this browser.

use actix_web::HttpRequest;
use anirewind_core::{App, Zone};

/// The cookie that says so.
pub(crate) const TIMES: &str = "times";
/// What is in it.
pub(crate) const UTC: &str = "utc";

/// The zone of the times on a page.
pub(crate) fn zone_for(request: &HttpRequest, app: &App) -> Zone {
    if wants_utc(request) {
        Zone::default()
    } else {
        app.zone()
    }
}

pub(crate) fn wants_utc(request: &HttpRequest) -> bool {
    let cookie = request.cookie(TIMES);
    cookie.is_some_and(|cookie| cookie.value() == UTC)
}

/// What a page says of its times, and the way to have them otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// Nothing where no time is shown.
    pub(crate) words: String,
    /// What is in the form, and on its button; nothing where both are the same.
    pub(crate) other: Option<(&'static str, String)>,
    /// Behind the name of a field for a moment or a day, where those go by other clocks than the page.
    pub(crate) beside: String,
}

impl Times {
    pub(crate) fn of(app: &App, wants_utc: bool) -> Self {
        let zone = app.zone();
        let name = zone.name(app.now());
        if zone.is_utc() {
            return Self {
                words: "Times are in UTC.".to_owned(),
                ..Self::default()
            };
        }
        if wants_utc {
            return Self {
                words: format!(
                    "Times are in UTC; the schedule and days to choose from go by {name}."
                ),
                other: Some(("local", format!("Show times in {name}"))),
                beside: format!(" (in {name})"),
            };
        }
        Self {
            words: format!("Times are in {name}."),
            other: Some((UTC, "Show times in UTC".to_owned())),
            beside: String::new(),
        }
    }
}
