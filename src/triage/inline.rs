//! Marks beside tokens, and which of them count.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{IgnoreMark, SuppressedBy, Suppression};

/// Which `patsweep:ignore` marks count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InlineIgnores {
    /// Every one.
    #[default]
    All,
    /// None.
    Off,
    /// Those whose [lines](IgnoreMark::lines) are among these: the lines that stand in a place that
    /// is trusted, such as the target branch of a pull request. A mark that is new, or was copied
    /// beside another token, has other lines.
    Known(Arc<BTreeSet<[u8; 32]>>),
}

impl InlineIgnores {
    /// The mark, if it counts.
    pub(super) fn counting(&self, mark: Option<IgnoreMark>) -> Option<IgnoreMark> {
        mark.filter(|mark| match self {
            Self::All => true,
            Self::Off => false,
            Self::Known(lines) => lines.contains(&mark.lines),
        })
    }
}

/// Of a token that is marked in all of its `places`.
pub(super) fn suppression(places: u64) -> Suppression {
    let reason = match places {
        1 => "patsweep:ignore stands beside it".to_owned(),
        _ => format!("patsweep:ignore stands beside it in all {places} places"),
    };
    Suppression {
        by: SuppressedBy::Inline,
        reason,
    }
}
