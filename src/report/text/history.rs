//! Where in a repository a token stands, since when, and where it is still.

use std::io;

use crate::model::{ObjectKind, Outside};

use super::super::escape_for_terminal;
use super::super::history;
use super::super::view::{CommitView, FindingView, OccurrenceView};
use super::super::words::grouped;
use super::Page;

/// How many places are named where a token is still present.
const PRESENT_AT: usize = 4;

impl Page<'_, '_> {
    /// The commit and the object under the place of an occurrence; nothing outside of git.
    pub(super) fn in_history(
        &mut self,
        indent: usize,
        occurrence: &OccurrenceView<'_>,
    ) -> io::Result<()> {
        for line in history::place(occurrence) {
            writeln!(self.out, "{:indent$}{}", "", escape_for_terminal(&line))?;
        }
        Ok(())
    }

    /// What is known of all occurrences together; nothing outside of git.
    pub(super) fn exposure(&mut self, finding: &FindingView<'_>, margin: usize) -> io::Result<()> {
        let Some(exposure) = &finding.exposure else {
            return Ok(());
        };
        let strong = self.palette.strong;
        if let Some(first) = &exposure.first {
            let text = if is_told(finding, first) {
                format!("this commit, {}", history::short(first.id))
            } else {
                history::commit(first)
            };
            self.note(margin, strong, "first in", &escape_for_terminal(&text))?;
        }
        let shown = self.shown(exposure.present_at.len(), PRESENT_AT);
        let present = history::present(exposure, shown);
        self.note(margin, strong, "present in", &escape_for_terminal(&present))?;
        if let Some(removed_by) = &exposure.removed_by {
            let text = history::commit(removed_by);
            self.note(margin, strong, "removed by", &escape_for_terminal(&text))?;
        }
        Ok(())
    }
}

/// Whether the first place is in this commit, so that all is said of it already.
fn is_told(finding: &FindingView<'_>, commit: &CommitView) -> bool {
    let place = finding.occurrences().next().and_then(|first| first.git);
    let told = place.and_then(|git| git.commit);
    told.is_some_and(|told| told.id == commit.id)
}

/// What objects of this kind are called.
pub(super) fn objects(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Blob => "blobs",
        ObjectKind::Tree => "trees",
        ObjectKind::Commit => "commits",
        ObjectKind::Tag => "tags",
        ObjectKind::Unknown => "objects of unknown kind",
    }
}

/// `missing promisor objects 3, absent LFS files 1`; `None` where nothing is lacking.
pub(super) fn outside(outside: Outside) -> Option<String> {
    let Outside {
        missing_promisor,
        lfs_absent,
        shallow_boundary,
        submodules,
    } = outside;
    let lacking: Vec<String> = [
        ("missing promisor objects", missing_promisor),
        ("absent LFS files", lfs_absent),
        ("shallow boundaries", shallow_boundary),
        ("submodules not checked out", submodules),
    ]
    .into_iter()
    .filter(|&(_, count)| count > 0)
    .map(|(noun, count)| format!("{noun} {}", grouped(count)))
    .collect();
    (!lacking.is_empty()).then(|| lacking.join(", "))
}
