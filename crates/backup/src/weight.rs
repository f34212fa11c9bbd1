//! How much a file of others may hold, told from its bytes before anything is made of them.
//!
//! What is read takes several times the room of what is written: `0,0,0,` needs two bytes for a value that
//! takes more than a hundred in memory if it stands where nobody knows it, for such values are kept as they
//! are. What stands where a list has its titles becomes what it is meant to be, and takes little beyond the
//! title itself. So titles are counted, and what is strange weighs more. A list of 100,000 titles with all
//! that can be said of each weighs about 9,000,000, of which 400,000 are strange.

/// More titles than this has nobody. One with all that can be said of it takes 2 to 3 kB while it is read.
const MOST_TITLES: usize = 150_000;
/// Lists have about ten groups of titles, and one for each custom list.
const MOST_GROUPS: usize = 10_000;
/// More values than this are no list, wherever they stand.
const MOST_VALUES: usize = 10_000_000;
/// A name in a list, or a score with its name, takes as much room as so many of the values that every title has.
const NAMED: usize = 3;
/// More than this are not kept that nobody knows.
const MOST_STRANGE: usize = 1_500_000;
/// Of an export of AniList what is not known is not kept, and nothing else of it is bulky.
const MOST_EXPORTED: usize = 4_000_000;
/// A strange object takes as much room as so many numbers.
const OBJECT: usize = 8;
/// A strange key with what is under it, if that is a plain value.
const KEY: usize = 2;
/// Deeper than this no list goes.
const DEEPEST: usize = 32;

/// Where the groups, the titles of a group and what is said of a title have their keys.
const ROOT: usize = 1;
const GROUP: usize = 3;
const TITLE: usize = 5;
/// What is said of a title and becomes no more than it is meant to be. Instants may have many forms and
/// are strange.
const KNOWN: [&str; 18] = [
    "id",
    "userId",
    "mediaId",
    "status",
    "score",
    "scoreRaw",
    "progress",
    "progressVolumes",
    "repeat",
    "priority",
    "private",
    "hiddenFromStatusLists",
    "notes",
    "customLists",
    "advancedScores",
    "startedAt",
    "completedAt",
    "media",
];

/// Why a text is not to be read, if it is not.
pub(crate) fn too_much(bytes: &[u8], is_export: bool) -> Option<String> {
    // In an export titles stand where groups stand in ours.
    let (most_strange, most_groups) = if is_export {
        (MOST_EXPORTED, MOST_TITLES)
    } else {
        (MOST_STRANGE, MOST_GROUPS)
    };
    let mut scales = Scales {
        most_strange,
        most_groups,
        ..Scales::default()
    };
    let mut rest = bytes;
    while let Some((letter, after)) = rest.split_first() {
        rest = after;
        if *letter == b'"' {
            let length = length_of_text(rest);
            scales.text(rest.get(..length).unwrap_or_default());
            rest = rest.get(length + 1..).unwrap_or_default();
            continue;
        }
        if let Some(problem) = scales.letter(*letter) {
            return Some(problem);
        }
    }
    None
}

/// How long a text is up to the mark that ends it.
fn length_of_text(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = bytes.iter().position(|letter| {
        let is_end = *letter == b'"' && !is_escaped;
        is_escaped = *letter == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(bytes.len())
}

/// What was put on so far.
#[derive(Debug, Default)]
struct Scales {
    values: usize,
    strange: usize,
    most_strange: usize,
    titles: usize,
    groups: usize,
    most_groups: usize,
    depth: usize,
    /// Which of those that are open are objects, the innermost in the last place.
    objects: u64,
    /// Whether a text would be a key.
    is_at_key: bool,
    /// What the innermost key means that decides, and how deep it stands.
    under: Option<(usize, Meaning)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Strange,
    Known,
}

impl Scales {
    fn text(&mut self, text: &[u8]) {
        if !std::mem::take(&mut self.is_at_key) || self.under.is_some() {
            return;
        }
        let is = |names: &[&str]| names.iter().any(|name| name.as_bytes() == text);
        self.under = match self.depth {
            ROOT if is(&["lists"]) => None,
            GROUP if is(&["entries"]) => None,
            TITLE if is(&KNOWN) => Some((TITLE, Meaning::Known)),
            depth => Some((depth, Meaning::Strange)),
        };
        if matches!(self.under, Some((_, Meaning::Strange))) {
            self.strange += KEY;
        }
    }

    fn letter(&mut self, letter: u8) -> Option<String> {
        match letter {
            b',' => {
                self.leave();
                self.is_at_key = self.objects & 1 == 1;
                self.put_on(1);
                if self.depth > TITLE {
                    self.values += NAMED - 1;
                }
            }
            b'{' | b'[' => {
                let is_object = letter == b'{';
                // A list has objects and arrays by turns down to its titles; one in the other's place is strange.
                if self.under.is_none() && is_object != self.depth.is_multiple_of(2) {
                    self.under = Some((self.depth, Meaning::Strange));
                }
                self.depth += 1;
                self.objects = (self.objects << 1) | u64::from(is_object);
                self.is_at_key = is_object;
                self.put_on(if is_object { OBJECT } else { 1 });
                if is_object && self.under.is_none() {
                    self.titles += usize::from(self.depth == TITLE);
                    self.groups += usize::from(self.depth == GROUP);
                }
            }
            b'}' | b']' => {
                self.leave();
                self.is_at_key = false;
                self.depth = self.depth.saturating_sub(1);
                self.objects >>= 1;
            }
            _ => {}
        }
        if self.depth > DEEPEST {
            return Some(format!("it is nested more than {DEEPEST} deep"));
        }
        let is_too_much = self.values > MOST_VALUES
            || self.strange > self.most_strange
            || self.titles > MOST_TITLES
            || self.groups > self.most_groups;
        is_too_much.then(|| "it holds more than any list".to_owned())
    }

    /// One more, which weighs so much if it is strange.
    fn put_on(&mut self, weight: usize) {
        self.values += 1;
        if matches!(self.under, Some((_, Meaning::Strange))) {
            self.strange += weight;
        }
    }

    /// The end of what stands under the key that decides.
    fn leave(&mut self) {
        if self.under.is_some_and(|(depth, _)| depth == self.depth) {
            self.under = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A title with all that can be said of one.
    const FULL: &str = r#"{"id":390000001,"userId":4242,"mediaId":199999,"status":"COMPLETED","score":8,
        "scoreRaw":76,"progress":26,"progressVolumes":0,"repeat":1,"priority":0,"private":true,
        "hiddenFromStatusLists":false,"notes":"a [[[ b, \" { c","customLists":["Cozy","Rain","Long"],
        "advancedScores":{"Story":82.5,"Characters":70,"Visuals":1,"Audio":2,"Enjoyment":3},
        "startedAt":{"year":2020,"month":2,"day":null},"completedAt":{"year":2021,"month":null,"day":null},
        "createdAt":"2026-02-03T04:05:06Z","updatedAt":"2026-02-03T04:05:06Z","media":{"id":457,"idMal":457,
        "title":{"romaji":"Mushishi","english":null,"native":"蟲師"},"format":"TV","episodes":26,
        "chapters":null,"volumes":null,"cover":"https://example.invalid/457.png","colour":"red",
        "country":"JP","isAdult":false}}"#;

    fn titles(count: usize, title: &str) -> String {
        let titles = vec![title; count].join(",");
        format!(r#"{{"user":{{"id":1}},"lists":[{{"name":"x","entries":[{titles}]}}]}}"#)
    }

    fn is_too_much(text: &str) -> bool {
        too_much(text.as_bytes(), false).is_some()
    }

    #[test]
    fn a_list_of_100_000_titles_is_read() {
        assert!(!is_too_much(&titles(100_000, FULL)));
        let bare = r#"{"id":1,"mediaId":2,"__typename":"MediaList","mood":[1,2,3]}"#;
        assert!(!is_too_much(&titles(100_000, bare)));
        let exported = r#"{"id":1,"series_id":2,"series_type":0,"status":2,"score":8.5,"progress":26,
            "progress_volume":0,"repeat":0,"priority":0,"notes":"","started_on":0,"finished_on":0,
            "updated_at":"2026-02-03 04:05:06","custom_lists":"[]"}"#;
        let exported = vec![exported; 100_000].join(",");
        let exported = format!(r#"{{"user":{{"id":1}},"lists":[{exported}]}}"#);
        assert_eq!(too_much(exported.as_bytes(), true), None);
    }

    #[test]
    fn what_is_too_much_is_told_before_it_is_read() {
        assert!(!is_too_much(r#"{"user":{"name":"[[[[\"[["},"lists":[]}"#));
        let deep = "[".repeat(DEEPEST + 1);
        assert!(is_too_much(&deep));
        let text = format!("\"{}\"", deep.repeat(100));
        assert!(!is_too_much(&text));
        let many = "0,".repeat(MOST_STRANGE);
        let objects = r#"{"a":0},"#.repeat(MOST_STRANGE / OBJECT);
        let keys =
            r#"{"lists":[],"#.to_owned() + &r#""a":0,"#.repeat(MOST_STRANGE / KEY) + r#""a":0}"#;
        assert!(is_too_much(&keys));
        for strange in [&many, &objects] {
            for (before, after) in [
                (r#"{"x":["#, "]}"),
                (r#"{"user":{"lists":["#, "]}}"),
                (r#"{"lists":{"entries":["#, "]}}"),
                (r#"{"lists":[{"x":["#, "]}]}"),
                (r#"{"lists":[{"entries":{"y":["#, "]}}]}"),
                (r#"{"lists":[{"entries":[{"id":1,"x":["#, "]}]}]}"),
                (r#"{"lists":[{"entries":[{"createdAt":["#, "]}]}]}"),
                (r#"{"lists":[{"entries":[{"i\u0064":["#, "]}]}]}"),
            ] {
                assert!(
                    is_too_much(&format!("{before}{strange}0{after}")),
                    "{before}"
                );
            }
        }
        assert!(is_too_much(&titles(MOST_TITLES + 1, r#"{"mediaId":1}"#)));
        let groups = "{},".repeat(MOST_GROUPS);
        assert!(is_too_much(&format!(r#"{{"lists":[{groups}{{}}]}}"#)));
        let named = r#""a","#.repeat(MOST_VALUES / NAMED);
        let named = format!(r#"{{"mediaId":1,"customLists":[{named}"a"]}}"#);
        assert!(is_too_much(&titles(2, &named)));
        assert!(is_too_much(&"0,".repeat(MOST_VALUES + 1)));
        let exported = format!("[{}0]", "0,".repeat(MOST_EXPORTED));
        assert!(too_much(exported.as_bytes(), true).is_some());
    }
}
