//! detect-secrets: `.secrets.baseline`, which has the SHA-1 of each secret.
//!
//! `{"results": {FILE: [{"hashed_secret", "line_number", …}]}, "version", …}`. Whoever has the token
//! can tell whether it is meant, so that places are not needed to match.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Claim, Flaw, Place, Told};

#[derive(Deserialize)]
#[serde(expecting = "a baseline")]
struct File {
    results: BTreeMap<String, Vec<Found>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a secret")]
struct Found {
    hashed_secret: String,
    #[serde(default)]
    line_number: u64,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| Flaw::of(&error, 0))?;
    let mut claims = Vec::new();
    for (path, all) in file.results {
        claims.extend(all.into_iter().map(|found| Claim {
            number: 0,
            place: Some(Place {
                path: path.clone(),
                line: found.line_number,
                commit: None,
            }),
            value: Told::Sha1(found.hashed_secret.to_ascii_lowercase()),
        }));
    }
    Ok(claims)
}
