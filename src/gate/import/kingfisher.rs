//! kingfisher: its reports in JSON, and its baseline in YAML.
//!
//! A report is `{"findings": [{"finding": {"snippet", "path", "line", "git_metadata", …}}]}`, or a
//! line of JSON for each of these. A baseline has `filepath`, `linenum` and a fingerprint, which is
//! a hash of the secret together with where it stood: only the place serves to match it.

use serde::Deserialize;

use super::{Claim, Flaw, Place, Told, lines};

/// A report, or a line of one.
#[derive(Deserialize)]
#[serde(expecting = "a report")]
struct Report {
    #[serde(default)]
    findings: Option<Vec<Record>>,
    #[serde(default)]
    finding: Option<Found>,
}

#[derive(Deserialize)]
#[serde(expecting = "a finding")]
struct Record {
    finding: Found,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Found {
    #[serde(default)]
    snippet: Told,
    #[serde(default)]
    path: String,
    #[serde(default)]
    line: u64,
    #[serde(default)]
    git_metadata: Option<GitMetadata>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct GitMetadata {
    #[serde(default)]
    commit: Option<Commit>,
    #[serde(default)]
    file: Option<InCommit>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Commit {
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct InCommit {
    #[serde(default)]
    path: Option<String>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    match bytes.trim_ascii_start().first() {
        Some(b'[') => {
            let records: Vec<Record> =
                serde_json::from_slice(bytes).map_err(|error| Flaw::of(&error, 0))?;
            Ok(records.into_iter().map(|it| claim(it.finding)).collect())
        }
        Some(b'{') => reports(bytes),
        _ => baseline(bytes),
    }
}

fn reports(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let mut claims = Vec::new();
    let mut is_report = false;
    for report in serde_json::Deserializer::from_slice(bytes).into_iter::<Report>() {
        let report = report.map_err(|error| Flaw::of(&error, 0))?;
        is_report |= report.findings.is_some() || report.finding.is_some();
        let listed = report.findings.unwrap_or_default().into_iter();
        let listed = listed.map(|record| record.finding);
        claims.extend(listed.chain(report.finding).map(claim));
    }
    if is_report {
        Ok(claims)
    } else {
        Err(Flaw::new(1, "it is no report of kingfisher"))
    }
}

fn claim(found: Found) -> Claim {
    let git = found.git_metadata;
    let (commit, file) = git.map_or((None, None), |git| (git.commit, git.file));
    let path = file.and_then(|file| file.path).unwrap_or(found.path);
    Claim {
        number: 0,
        place: (!path.is_empty()).then(|| Place {
            path,
            line: found.line,
            commit: commit.and_then(|commit| commit.id),
        }),
        value: found.snippet,
    }
}

/// Reads the part of YAML in which kingfisher writes: a list of flat maps.
fn baseline(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let mut claims: Vec<Claim> = Vec::new();
    let mut is_baseline = false;
    for (number, line) in lines(bytes) {
        let wrong = || Flaw::new(number, "it is no baseline of kingfisher");
        let line = std::str::from_utf8(line).map_err(|_| wrong())?;
        if line == "---" || line.starts_with('#') {
            continue;
        }
        is_baseline |= line == "ExactFindings:";
        if !is_baseline {
            return Err(wrong());
        }
        let (is_item, line) = match line.strip_prefix("- ") {
            Some(line) => (true, line.trim_start()),
            None => (false, line),
        };
        if is_item {
            claims.push(Claim {
                place: Some(Place {
                    path: String::new(),
                    line: 0,
                    commit: None,
                }),
                ..Claim::default()
            });
        }
        let (key, value) = line.split_once(':').ok_or_else(wrong)?;
        let value = scalar(value.trim()).ok_or_else(wrong)?;
        let place = claims.last_mut().and_then(|claim| claim.place.as_mut());
        match (key, place) {
            ("filepath", Some(place)) => place.path = value,
            ("linenum", Some(place)) => place.line = value.parse().map_err(|_| wrong())?,
            ("fingerprint" | "lastupdated", Some(_)) | ("ExactFindings" | "matches", None) => {}
            _ => return Err(wrong()),
        }
    }
    Ok(claims)
}

/// The text of a scalar: plain, or in quotes.
fn scalar(text: &str) -> Option<String> {
    if let Some(text) = text.strip_prefix('\'') {
        return Some(text.strip_suffix('\'')?.replace("''", "'"));
    }
    if text.starts_with('"') {
        // Its escapes are those of JSON, but for some that no path needs.
        return serde_json::from_str(text).ok();
    }
    Some(text.to_owned())
}
