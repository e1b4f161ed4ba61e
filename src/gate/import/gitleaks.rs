//! gitleaks: its JSON report, which it takes as baseline, too, and `.gitleaksignore`.
//!
//! The report is a list of `{"RuleID", "StartLine", "Secret", "File", "Commit", …}`; with `--redact`
//! the secret is masked. Its columns are not used: they count from 0 or 1, and on some lines from
//! elsewhere. A line of `.gitleaksignore` is a fingerprint: `COMMIT:FILE:RULE:LINE`, without the
//! commit for files.

use serde::Deserialize;

use super::{Claim, Flaw, Place, Told, lines};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a finding")]
struct Finding {
    start_line: u64,
    file: String,
    #[serde(default)]
    commit: String,
    #[serde(default)]
    secret: Told,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return ignore_file(bytes);
    }
    let findings: Vec<Finding> =
        serde_json::from_slice(bytes).map_err(|error| Flaw::of(&error, 0))?;
    let claims = findings.into_iter().map(|finding| Claim {
        number: 0,
        place: Some(Place {
            path: finding.file,
            line: finding.start_line,
            commit: Some(finding.commit).filter(|commit| !commit.is_empty()),
        }),
        value: finding.secret,
    });
    Ok(claims.collect())
}

fn ignore_file(bytes: &[u8]) -> Result<Vec<Claim>, Flaw> {
    let lines = lines(bytes).filter(|(_, line)| !line.starts_with(b"#"));
    lines
        .map(|(number, line)| {
            let place = fingerprint(line);
            let place =
                place.ok_or_else(|| Flaw::new(number, "it is neither JSON nor FILE:RULE:LINE"))?;
            Ok(Claim {
                place: Some(place),
                ..Claim::default()
            })
        })
        .collect()
}

fn fingerprint(line: &[u8]) -> Option<Place> {
    let mut parts = std::str::from_utf8(line).ok()?.rsplitn(3, ':');
    let line = parts.next()?.parse().ok()?;
    let _rule = parts.next()?;
    let rest = parts.next()?;
    let is_commit = |text: &str| text.len() >= 40 && text.bytes().all(|it| it.is_ascii_hexdigit());
    let (commit, path) = match rest.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit.to_owned()), path),
        _ => (None, rest),
    };
    (!path.is_empty()).then(|| Place {
        path: path.to_owned(),
        line,
        commit,
    })
}
