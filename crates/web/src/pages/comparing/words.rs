//! Words that fit the direction in which two lists are compared.

use super::Side;
use crate::parts::WAS_AND_IS;

/// In which words differences are said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// Missing, changed and added.
    pub(super) lines: [&'static str; 3],
    /// What is read out before a field of either side.
    pub(super) sides: [&'static str; 2],
}

impl Words {
    pub(super) fn of(from: &Side, to: &Side) -> Self {
        if to.is_live() {
            return Self {
                lines: ["Missing now", "Changed since", "Added since"],
                sides: WAS_AND_IS,
            };
        }
        let (back, is_live) = (
            ["Not there then", "Other then", "Only there then"],
            from.is_live(),
        );
        if is_live || to.at < from.at {
            return Self {
                lines: back,
                sides: [if is_live { "now " } else { "later " }, ", then "],
            };
        }
        Self {
            lines: ["Missing later", "Changed later", "Added later"],
            sides: ["then ", ", later "],
        }
    }
}
