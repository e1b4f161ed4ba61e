//! Which place of a finding comes first where there is room for one, and how places are named.

use crate::model::{BytePath, Excerpt, Position, SourceKind};

use super::escape_for_terminal;
use super::history::part;
use super::view::{FindingView, OccurrenceView};

/// A place in a file, as services that annotate files want it.
pub(super) struct Spot {
    /// The file, or the outermost archive, from where the scan started; can be shown.
    pub(super) file: String,
    /// Of an archive, and where the token stands in the name, the first.
    pub(super) line: u64,
    /// In UTF-16 code units, where that is known.
    pub(super) column: Option<u64>,
}

/// The listed places, those first that a reader can open: files, then what is staged, then what a
/// reference leads to, then the rest. Those of a kind stay in the order of the report.
pub(super) fn best_first<'v>(finding: &FindingView<'v>) -> Vec<OccurrenceView<'v>> {
    let mut places: Vec<_> = finding.occurrences().collect();
    places.sort_by_key(rank);
    places
}

fn rank(occurrence: &OccurrenceView<'_>) -> u8 {
    let reachable = occurrence.git.as_ref().and_then(|git| git.reachable);
    match (occurrence.source, reachable) {
        (SourceKind::File | SourceKind::Stdin, _) => 0,
        (SourceKind::GitIndex, _) => 1,
        (_, Some(false)) => 4,
        (SourceKind::GitObject | SourceKind::GitLfs, _) if occurrence.has_file() => 2,
        _ => 3,
    }
}

/// The place in a file; `None` where there is no file, as in standard input or a commit's message.
pub(super) fn spot(occurrence: &OccurrenceView<'_>) -> Option<Spot> {
    if !occurrence.has_file() || occurrence.source == SourceKind::Stdin {
        return None;
    }
    let path = &occurrence.path;
    let member = member(path);
    let file = &path.0[..member.unwrap_or(path.0.len())];
    let file = match occurrence.git.as_ref().map(|git| &*git.repository.0) {
        None | Some(b"" | b".") => BytePath(file.to_vec()),
        Some(repository) => BytePath([repository, b"/", file].concat()),
    };
    let position = occurrence.position.filter(|_| member.is_none());
    Some(Spot {
        file: path_text(&file),
        line: position.map_or(1, |position| position.line),
        column: position.and_then(|position| column(position, occurrence.excerpt.as_ref())),
    })
}

/// `path:line:column`, as terminals and editors make it a link.
pub(super) fn label(occurrence: &OccurrenceView<'_>) -> String {
    let path = match occurrence.source {
        SourceKind::Stdin if occurrence.path.0 == b"-" => "<stdin>".to_owned(),
        _ if occurrence.has_file() => path_text(&occurrence.path),
        _ => part(occurrence) + &path_text(&occurrence.path),
    };
    match (occurrence.position, occurrence.source) {
        (Some(position), _) => format!("{path}:{}:{}", position.line, position.column),
        (None, SourceKind::GitMessage) => path,
        (None, SourceKind::Stdin) if occurrence.path.0 == b"-" => path,
        (None, _) => format!("{path} (in the name)"),
    }
}

/// A path that can be shown.
pub(super) fn path_text(path: &BytePath) -> String {
    escape_for_terminal(&path.to_text()).into_owned()
}

/// Where `!/` starts.
pub(super) fn member(path: &BytePath) -> Option<usize> {
    path.0.windows(2).position(|pair| pair == b"!/")
}

/// The column in UTF-16 code units, where the excerpt proves it.
///
/// A [`Position`] counts bytes. The two are told apart by what stands before the token on its
/// line: if the excerpt begins where the line does, that text is as many bytes long as the column
/// says. Else there is no column, rather than a wrong one.
pub(super) fn column(position: Position, excerpt: Option<&Excerpt>) -> Option<u64> {
    if position.column == 1 {
        return Some(1);
    }
    let excerpt = excerpt?;
    let before: String = excerpt.text.chars().take(excerpt.span.0).collect();
    // Excerpts write a tab, the one control character that is common in text, as `\t`.
    [before.replace("\\t", "\t"), before]
        .into_iter()
        .find_map(|before| {
            (before.len() as u64 == position.column - 1)
                .then(|| before.encode_utf16().count() as u64 + 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_converted_or_left_out() {
        let check = |column_in_bytes, before: &str, expected| {
            let position = Position {
                offset: 0,
                line: 1,
                column: column_in_bytes,
            };
            let excerpt = Excerpt {
                text: format!("{before}XXXX…YYYY"),
                span: (before.chars().count(), before.chars().count() + 9),
            };
            assert_eq!(column(position, Some(&excerpt)), expected, "{before:?}");
        };
        check(1, "", Some(1));
        check(5, "pat=", Some(5));
        check(8, "é日: ", Some(5));
        check(6, "😀=", Some(4));
        check(4, r"\t\tx", Some(4));
        check(6, r"\t\tx", Some(6));
        check(900, "…pat=", None);
        let position = Position {
            offset: 0,
            line: 1,
            column: 7,
        };
        assert_eq!(column(position, None), None);
    }
}
