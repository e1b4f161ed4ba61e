//! `TruffleHog`: what `--json` writes, a line for each finding.
//!
//! `{"SourceMetadata": {"Data": {SOURCE: {"file", "line", "commit", …}}}, "Raw", …}`. `Raw` is the
//! secret. Lines of its log, which some write into the same file, have a `msg` and are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Claim, Flaw, Place, Told, lines};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a finding")]
struct Finding {
    #[serde(default)]
    source_metadata: Option<Metadata>,
    #[serde(default)]
    raw: Option<Told>,
    #[serde(default, rename = "msg")]
    message: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Metadata {
    #[serde(default)]
    data: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Source {
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: u64,
    #[serde(default)]
    commit: Option<String>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let mut claims = Vec::new();
    for (number, line) in lines(bytes) {
        let finding: Finding =
            serde_json::from_slice(line).map_err(|error| Flaw::of(&error, number - 1))?;
        let Some(value) = finding.raw else {
            if finding.message.is_some() {
                continue;
            }
            return Err(Flaw::new(number, "it is no finding of TruffleHog"));
        };
        let data = finding.source_metadata.map(|metadata| metadata.data);
        let source = data.unwrap_or_default().into_values().next();
        let source = source.filter(|source| !source.file.is_empty());
        claims.push(Claim {
            number: 0,
            place: source.map(|source| Place {
                path: source.file,
                line: source.line,
                commit: source.commit,
            }),
            value,
        });
    }
    Ok(claims)
}
