//! Where a page stands: the way above it, and the same place for another profile.

use percent_encoding::percent_decode_str;

use crate::address::address;
use crate::page::{Page, Place, in_path};

/// Pages of which every profile has one of its own.
const OF_PROFILES: [&str; 7] = [
    "backups", "timeline", "titles", "settings", "plan", "ops", "at",
];
/// What of an address is a place on one list, and none on another.
const PLACES: [&str; 7] = ["below", "above", "undo", "group", "page", "back", "auto"];

/// A page above this one: its words and its address, without the base.
pub(crate) type Crumb = (String, String);

impl Page {
    fn parts(&self) -> (Vec<&str>, &str) {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let parts = path.split('/').filter(|part| !part.is_empty());
        (parts.collect(), query)
    }

    /// The same place for another profile, with what was chosen there. What one profile alone has is not there
    /// for another: that leads to where such things are listed.
    pub(crate) fn of_profile(&self, other: &str) -> String {
        let (parts, query) = self.parts();
        let other = in_path(other);
        let section = parts.first().copied().unwrap_or_default();
        if section == "compare" {
            return format!("/compare/{other}");
        }
        if !OF_PROFILES.contains(&section) {
            return match self.place {
                Place::Timeline => format!("/timeline/{other}"),
                Place::Titles => format!("/titles/{other}"),
                Place::Settings => format!("/settings/{other}"),
                _ => format!("/backups/{other}"),
            };
        }
        let path = format!("/{section}/{other}");
        let is_of_own = parts.get(1).is_none_or(|name| {
            let name = percent_decode_str(name).decode_utf8_lossy();
            self.profile.as_deref() == Some(&*name)
        });
        if parts.len() > 2 || !is_of_own {
            return path;
        }
        let chosen: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        let chosen: Vec<(&str, &str)> = chosen
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !PLACES.contains(name))
            .collect();
        address(&path, &chosen)
    }

    /// The pages above this one, where it is further down than what the menu and the profile lead to.
    pub(crate) fn trail(&self) -> Vec<Crumb> {
        let (Some(profile), (parts, _)) = (&self.profile, self.parts()) else {
            return Vec::new();
        };
        let own = in_path(profile);
        let section = parts.first().copied().unwrap_or_default();
        let (root, word, depth) = match section {
            "backups" => ("backups", "Backups", 3),
            "timeline" => ("timeline", "Timeline", 3),
            "titles" => ("titles", "Titles", 3),
            "settings" => ("settings", "Settings", 3),
            "compare" => ("backups", "Backups", 2),
            "plan" | "ops" | "at" | "jobs" => ("timeline", "Timeline", 2),
            _ => return Vec::new(),
        };
        if parts.len() < depth {
            return Vec::new();
        }
        let mut trail = vec![(word.to_owned(), format!("/{root}"))];
        if self.profiles.len() > 1 {
            trail.push((profile.clone(), format!("/{root}/{own}")));
        } else if root != "settings" {
            // Where there is one profile the first leads to it.
            trail = vec![(word.to_owned(), format!("/{root}/{own}"))];
        }
        let one = |at: usize| parts.get(at).copied().unwrap_or_default();
        match (section, parts.len()) {
            ("plan", 3..) => trail.push(("Plans".to_owned(), format!("/plan/{own}"))),
            ("ops", 3..) | ("jobs", _) => {
                trail.push(("Operations".to_owned(), format!("/ops/{own}")));
            }
            ("backups", 4..) => trail.push((
                format!("Snapshot {}", one(2).get(..4).unwrap_or(one(2))),
                format!("/backups/{own}/{}", one(2)),
            )),
            ("timeline", 4..) => trail.push((
                format!("Change {}", one(2)),
                format!("/timeline/{own}/{}", one(2)),
            )),
            _ => {}
        }
        // Whoever came from a list goes back to what was chosen there.
        if let (Some(from), Some(last)) = (&self.from, trail.last_mut())
            && from.split('?').next() == Some(last.1.as_str())
        {
            last.1.clone_from(from);
        }
        trail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::Icon;
    use crate::times::Times;

    fn page(path: &str, place: Place, profiles: &[&str]) -> Page {
        Page {
            base: String::new(),
            title: String::new(),
            place,
            theme: None,
            profile: Some("hana".to_owned()),
            profiles: profiles.iter().map(|name| (*name).to_owned()).collect(),
            avatars: <_>::default(),
            path: path.to_owned(),
            from: None,
            times: Times::default(),
            said: None,
            jobs: Vec::new(),
            bad_ends: None,
            warning: None,
            public: None,
            can_leave: false,
            has_nav: true,
            version: "",
            step: None,
            icon: Icon::of("", false),
        }
    }

    #[test]
    fn another_profile_is_shown_the_same_with_what_was_chosen() {
        let both = ["hana", "yuki"];
        let to = |path: &str, place| page(path, place, &both).of_profile("yuki");
        assert_eq!(
            to(
                "/timeline/hana?kind=removed&below=1.2&q=a+%26+b",
                Place::Timeline
            ),
            "/timeline/yuki?kind=removed&q=a+%26+b"
        );
        assert_eq!(
            to("/timeline?kind=added", Place::Timeline),
            "/timeline/yuki?kind=added"
        );
        assert_eq!(
            to("/backups/hana?kind=manual&sort=-size", Place::Backups),
            "/backups/yuki?kind=manual&sort=-size"
        );
        assert_eq!(
            to("/at/hana?when=%40-7d", Place::Timeline),
            "/at/yuki?when=%40-7d"
        );
        // What only one of them has is not looked for with the other.
        assert_eq!(
            to("/timeline/hana/k7f2?back=%2F", Place::Timeline),
            "/timeline/yuki"
        );
        assert_eq!(to("/titles/hana/anime/5", Place::Titles), "/titles/yuki");
        assert_eq!(to("/plan/hana/9c1e", Place::Elsewhere), "/plan/yuki");
        assert_eq!(
            to("/compare/hana?from=k7f2", Place::Backups),
            "/compare/yuki"
        );
        assert_eq!(to("/jobs/9c1e", Place::Elsewhere), "/backups/yuki");
        assert_eq!(to("/settings/hana", Place::Settings), "/settings/yuki");
        assert_eq!(to("/", Place::Dashboard), "/backups/yuki");
    }

    #[test]
    fn pages_further_down_say_what_is_above_them() {
        let of = |path: &str, profiles: &[&str]| {
            let trail = page(path, Place::Timeline, profiles).trail();
            let trail = trail
                .into_iter()
                .map(|(word, href)| format!("{word} {href}"));
            trail.collect::<Vec<_>>().join(", ")
        };
        let both = ["hana", "yuki"];
        assert_eq!(of("/timeline/hana?kind=added", &both), "");
        assert_eq!(
            of("/timeline/hana/k7f2abcd", &both),
            "Timeline /timeline, hana /timeline/hana"
        );
        assert_eq!(
            of("/backups/hana/k7f2abcd/delete", &["hana"]),
            "Backups /backups/hana, Snapshot k7f2 /backups/hana/k7f2abcd"
        );
        assert_eq!(
            of("/jobs/9c1e", &both),
            "Timeline /timeline, hana /timeline/hana, Operations /ops/hana"
        );
        assert_eq!(of("/settings/hana", &both), "");
        let from = Page {
            from: Some("/timeline/hana?kind=added".to_owned()),
            ..page("/timeline/hana/k7f2abcd", Place::Timeline, &both)
        };
        assert_eq!(from.trail()[1].1, "/timeline/hana?kind=added");
    }
}
