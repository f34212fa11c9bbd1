//! Whose clocks pages show: those that the settings name, else those of the browser, else those of the machine; or UTC
//! for whoever wants that in this browser.

use actix_web::HttpRequest;
use anirewind_core::{App, Zone};

/// The cookie that says that UTC is wanted.
pub(crate) const TIMES: &str = "times";
/// What is in it.
pub(crate) const UTC: &str = "utc";
/// The cookie in which a script notes the zone of the browser.
const HERE: &str = "zone";
/// No zone has a longer name.
const LONGEST: usize = 64;

/// The clocks of somebody who looks at pages.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    /// Theirs.
    own: Zone,
    wants_utc: bool,
}

impl Clocks {
    pub(crate) fn of(request: &HttpRequest, app: &App) -> Self {
        let times = request.cookie(TIMES);
        Self {
            own: here(request)
                .filter(|_| !app.names_zone())
                .unwrap_or_else(|| app.zone()),
            wants_utc: times.is_some_and(|cookie| cookie.value() == UTC),
        }
    }

    /// The zone of the times on a page.
    pub(crate) fn zone(&self) -> Zone {
        if self.wants_utc {
            Zone::default()
        } else {
            self.own.clone()
        }
    }
}

/// The zone of the browser, where it said one that there is.
fn here(request: &HttpRequest) -> Option<Zone> {
    let cookie = request.cookie(HERE)?;
    let name = cookie.value();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_+-/".contains(letter);
    let is_well = name.len() <= LONGEST && name.chars().all(is_name);
    is_well.then(|| Zone::called(name)).flatten()
}

/// What a page says of its times, and the way to have them otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// Nothing where no time is shown.
    pub(crate) words: String,
    /// The zone that they are in, where it has a name that scripts know.
    pub(crate) zone: String,
    /// What is in the form, and on its button; nothing where both are the same.
    pub(crate) other: Option<(&'static str, String)>,
    /// Behind the name of a field for a moment or a day, where those go by other clocks than the page.
    pub(crate) beside: String,
}

impl Times {
    pub(crate) fn of(app: &App, clocks: &Clocks) -> Self {
        let name = |zone: &Zone| {
            if zone.is_utc() {
                "UTC".to_owned()
            } else {
                zone.name(app.now())
            }
        };
        let (own, shown, days) = (name(&clocks.own), name(&clocks.zone()), name(&app.zone()));
        let is_other = shown != days;
        let other = (!clocks.own.is_utc()).then(|| {
            if clocks.wants_utc {
                ("local", format!("Show times in {own}"))
            } else {
                (UTC, "Show times in UTC".to_owned())
            }
        });
        Self {
            zone: clocks.zone().iana().unwrap_or_default().to_owned(),
            words: if is_other {
                format!("Times are in {shown}; the schedule and days to choose from go by {days}.")
            } else {
                format!("Times are in {shown}.")
            },
            other,
            beside: if is_other {
                format!(" (in {days})")
            } else {
                String::new()
            },
        }
    }
}
