//! How much a file of others may hold, told from its bytes before anything is made of them.
//!
//! What is read takes several times the room of what is written: `0,0,0,` needs two bytes for a value that
//! takes thirty in memory. A list of 50,000 titles holds about 1,700,000 values, 300,000 of them objects.

/// More values than this are no list, an object counting as several.
const MOST_VALUES: usize = 4_000_000;
/// An object takes as much room as so many numbers.
const OBJECT: usize = 8;
/// Deeper than this no list goes.
const DEEPEST: usize = 32;

/// Why a text is not to be read, if it is not.
pub(crate) fn too_much(bytes: &[u8]) -> Option<String> {
    let (mut values, mut depth, mut is_text) = (1_usize, 0_usize, false);
    let mut letters = bytes.iter();
    while let Some(letter) = letters.next() {
        match letter {
            b'"' => is_text = !is_text,
            b'\\' if is_text => {
                letters.next();
            }
            _ if is_text => {}
            b',' => values += 1,
            b'{' | b'[' => {
                values += if *letter == b'{' { OBJECT } else { 1 };
                depth += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(format!("it is nested more than {DEEPEST} deep"));
        }
        if values > MOST_VALUES {
            return Some("it holds more than any list".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_told_before_it_is_read() {
        assert_eq!(
            too_much(br#"{"user":{"name":"[[[[\"[["},"lists":[]}"#),
            None
        );
        let deep = "[".repeat(DEEPEST + 1);
        assert!(too_much(deep.as_bytes()).is_some());
        let text = format!("\"{}\"", deep.repeat(100));
        assert_eq!(too_much(text.as_bytes()), None);
        let many = format!("[{}0]", "0,".repeat(MOST_VALUES));
        assert!(too_much(many.as_bytes()).is_some());
    }
}
