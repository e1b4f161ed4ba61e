//! Where something stands, as SARIF says it: URIs, regions, members of archives.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::model::{BytePath, SourceKind};

use super::super::history;
use super::super::place::{column, member};
use super::super::view::{GitView, OccurrenceView};
use super::super::words;
use super::log::{ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region};
use super::{escape_for_terminal, plain};

/// What relative paths are relative to. Code scanning services take it for the repository.
pub(super) const BASE: &str = "%SRCROOT%";

/// Everything but what RFC 3986 calls unreserved, and the slash. The colon goes too: in the first
/// segment of a relative path it would end a scheme.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The place of an occurrence.
pub(super) fn of_occurrence(occurrence: &OccurrenceView<'_>) -> Location {
    let mut location = match (&occurrence.git, occurrence.source) {
        (Some(git), _) => in_repository(occurrence, git),
        (None, SourceKind::Stdin) => of_stream(&occurrence.path),
        (None, _) => of_path(&occurrence.path),
    };
    let mut remarks = Vec::new();
    let inside = inside(occurrence);
    let region = match occurrence.position {
        // The line is one of the member, not of the archive that a viewer would open.
        Some(position) if inside.is_some() => {
            remarks.push(format!(
                "line {}, byte {} of it",
                position.line, position.column
            ));
            Region::TOP
        }
        Some(position) => Region {
            start_line: position.line,
            start_column: column(position, occurrence.excerpt.as_ref()),
        },
        None if occurrence.source == SourceKind::GitMessage => Region::TOP,
        None => {
            remarks.push("in the name".to_owned());
            Region::TOP
        }
    };
    if let Some(physical) = &mut location.physical_location {
        physical.region = Some(region);
    }
    remarks.extend(words::encodings(occurrence.encodings));
    remarks.extend(history::place(occurrence));
    if let Some(inside) = inside {
        remarks.insert(0, format!("in {inside}"));
    }
    if !remarks.is_empty() {
        location.message = Some(Message::text(plain(&remarks.join(", "))));
    }
    location
}

/// What lines are counted in, unless it is the file that the URI names.
fn inside(occurrence: &OccurrenceView<'_>) -> Option<String> {
    let path = occurrence.path.to_text();
    match (occurrence.has_file(), member(&occurrence.path)) {
        (true, None) => None,
        (true, Some(_)) => Some(path.into_owned()),
        (false, _) => Some(history::part(occurrence) + &path),
    }
}

/// The place of a file, or of the outermost archive around a member.
pub(super) fn of_path(path: &BytePath) -> Location {
    let file = &path.0[..member(path).unwrap_or(path.0.len())];
    located(Some(artifact(file)), path)
}

/// The place of standard input, or of a member of the archive that it is.
fn of_stream(path: &BytePath) -> Location {
    let artifact = ArtifactLocation {
        uri: Some("-".to_owned()),
        uri_base_id: None,
        description: Some(Message::text("standard input")),
    };
    located(Some(artifact), path)
}

/// The place of what git keeps: the file as if it were checked out, the commit and the object.
fn in_repository(occurrence: &OccurrenceView<'_>, git: &GitView) -> Location {
    let path = &occurrence.path;
    let file = &path.0[..member(path).unwrap_or(path.0.len())];
    let artifact = occurrence.has_file().then(|| match &*git.repository.0 {
        b"" | b"." => artifact(file),
        repository => artifact(&[repository, b"/", file].concat()),
    });
    let mut location = located(artifact, path);
    let commit = git.commit.as_ref().map(|commit| (commit.id, "commit"));
    let object = git.object.map(|id| (id, "object"));
    let ids = commit.into_iter().chain(object);
    location
        .logical_locations
        .extend(ids.map(|(id, kind)| LogicalLocation {
            fully_qualified_name: id.to_string(),
            kind,
        }));
    location
}

fn artifact(file: &[u8]) -> ArtifactLocation {
    ArtifactLocation {
        uri: Some(uri(file)),
        uri_base_id: (!is_absolute(file)).then_some(BASE),
        description: None,
    }
}

fn located(artifact_location: Option<ArtifactLocation>, path: &BytePath) -> Location {
    let logical = member(path).map(|_| LogicalLocation {
        fully_qualified_name: escape_for_terminal(&path.to_text()).into_owned(),
        kind: "resource",
    });
    Location {
        physical_location: artifact_location.map(|artifact_location| PhysicalLocation {
            artifact_location,
            region: None,
        }),
        logical_locations: logical.into_iter().collect(),
        message: None,
    }
}

fn is_absolute(path: &[u8]) -> bool {
    path.starts_with(b"/") || is_windows_drive(path)
}

fn is_windows_drive(path: &[u8]) -> bool {
    cfg!(windows) && path.len() > 2 && path[1] == b':' && matches!(path[2], b'\\' | b'/')
}

/// A file URI, or a relative reference. Bytes that are not UTF-8 are kept.
fn uri(path: &[u8]) -> String {
    let mut path = Cow::Borrowed(path);
    if cfg!(windows) {
        for byte in path.to_mut().iter_mut().filter(|byte| **byte == b'\\') {
            *byte = b'/';
        }
    }
    let encoded = percent_encode(&path, ENCODED);
    if is_windows_drive(&path) {
        format!("file:///{encoded}")
    } else if is_absolute(&path) {
        format!("file://{encoded}")
    } else {
        encoded.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_keep_every_byte() {
        let cases: [(&[u8], &str); 7] = [
            (b"src/a b.rs", "src/a%20b.rs"),
            (b"/srv/x#y?z", "file:///srv/x%23y%3Fz"),
            (b"a:b/c", "a%3Ab/c"),
            (b"100%", "100%25"),
            (b"\xff\n\x1b", "%FF%0A%1B"),
            ("\u{202e}é".as_bytes(), "%E2%80%AE%C3%A9"),
            (b"../~x/-_.", "../~x/-_."),
        ];
        for (path, expected) in cases {
            assert_eq!(uri(path), expected);
        }
    }
}
