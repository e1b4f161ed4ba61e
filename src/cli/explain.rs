//! `rules explain`: says what the token on standard input is, and never prints it.

use std::fmt::Write;
use std::io::{self, Read};
use std::process::ExitCode;
use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::args::{Common, RulesExplain};
use super::console::Console;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use super::settings;
use crate::model::{Candidate, FindingId, Proof, Timestamp};
use crate::rules::Unproven;
use crate::scan::{Answer, explain};
use crate::token::explain::Explanation;

/// As much as a candidate may span.
const MOST_BYTES: usize = 64 << 10;

/// What every answer ends with.
const REACH: &str = "\
Your own rules (--rules) see plain text and every layer that patsweep opens on its way to Azure DevOps
tokens: base64, UTF-16, hexadecimal, quoted-printable and gzip inside base64. A layer in which nothing
can be such a token stays closed. Ids of their low-entropy matches are salted and hold for one run.
";

/// Why the input cannot be explained.
#[derive(Debug, Error)]
enum InputError {
    /// It cannot be read.
    #[error("cannot read standard input")]
    Read(#[source] io::Error),
    /// There is none.
    #[error("nothing on standard input")]
    Empty,
    /// There is more than one line.
    #[error("more than one line on standard input")]
    Lines,
    /// It is longer than any token.
    #[error("more than 64 KiB on standard input")]
    Long,
}

impl InputError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read(_) => None,
            Self::Empty => Some("give one token: patsweep rules explain < token.txt".into()),
            Self::Lines | Self::Long => {
                Some("give one token; to look into a file, use patsweep scan FILE".into())
            }
        }
    }
}

/// Explains one line of standard input.
pub(super) fn run(
    common: &Common,
    args: &RulesExplain,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let rules = settings::rules(common, &args.rules, environment)?;
    let rules = Arc::new(rules.unproven(Unproven::Include));
    if environment.stdin_terminal {
        Console::new(common, environment)
            .note("paste the token, then press Enter and Ctrl-D; it is not printed again");
    }
    let text = read(io::stdin().lock()).map_err(|error| Failure::new(&error, error.hint()))?;
    let answer = explain(&rules, settings::random_salt()?, &text);
    print(shown(&answer).as_bytes())?;
    Ok(if answer.is_proven() {
        Exit::Clean
    } else {
        Exit::NO
    }
    .into())
}

/// Reads one line, its end left out.
fn read(input: impl Read) -> Result<Zeroizing<Vec<u8>>, InputError> {
    // Room for all of it, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    input
        .take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut text)
        .map_err(InputError::Read)?;
    if text.len() > MOST_BYTES {
        return Err(InputError::Long);
    }
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    if text.last() == Some(&b'\r') {
        text.pop();
    }
    if text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(InputError::Lines);
    }
    if text.is_empty() {
        Err(InputError::Empty)
    } else {
        Ok(text)
    }
}

fn shown(answer: &Answer) -> String {
    let mut text = match &answer.whole {
        Ok(token) => whole(token, answer.rule.as_deref()),
        Err(refusal) => format!("not an Azure DevOps token as it stands: {refusal}\n"),
    };
    for candidate in &answer.inside {
        text.push_str(&inside(candidate));
    }
    text.push('\n');
    text.push_str(REACH);
    text
}

fn whole(token: &Explanation, rule: Option<&str>) -> String {
    let mut rows = vec![("proven", proof(token.proof).to_owned())];
    rows.extend(token.issued.map(|month| ("issued", month.to_string())));
    rows.extend(token.expires.map(|time| ("expires", date(time))));
    rows.push(("C3ID", token.id.to_string()));
    rows.extend(rule.map(|rule| ("rule", rule.to_owned())));
    let mut text = format!("{}\n", token.kind.as_str());
    for (name, value) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<8} {value}");
    }
    text
}

fn inside(candidate: &Candidate) -> String {
    let layers: Vec<&str> = candidate
        .encodings
        .iter()
        .map(|layer| layer.as_str())
        .collect();
    let layers = if layers.is_empty() {
        "plain".to_owned()
    } else {
        layers.join(", then ")
    };
    let mut text = format!("{} stands in it ({layers})\n", candidate.rule);
    let mut row = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<8} {value}");
    };
    row("proven", proof(candidate.proof).to_owned());
    if let Some(month) = candidate.issued {
        row("issued", month.to_string());
    }
    if let Some(time) = candidate.expires {
        row("expires", date(time));
    }
    match &candidate.id {
        FindingId::C3id(id) => row("C3ID", id.clone()),
        FindingId::Salted(id) => row("id", format!("{id} (salted, of this run alone)")),
    }
    text
}

fn date(time: Timestamp) -> String {
    // Claims are hostile: they may name a year that no calendar has.
    let written = jiff::Timestamp::from_second(time.0).map(|time| time.to_string());
    written.unwrap_or_else(|_| format!("{} seconds after 1970", time.0))
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Checksum => "yes, its checksum is right",
        Proof::Shape => "no, it carries no checksum that can be verified offline",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_read_without_its_end() {
        let said = |input: &[u8]| match read(input) {
            Ok(text) => String::from_utf8(text.to_vec()).expect("text"),
            Err(error) => format!("error: {error}"),
        };
        for (input, expected) in [
            (&b"abc"[..], "abc"),
            (b"abc\n", "abc"),
            (b"abc\r\n", "abc"),
            (b"abc\n\n", "error: more than one line on standard input"),
            (b"abc\ndef", "error: more than one line on standard input"),
            (b"", "error: nothing on standard input"),
            (b"\n", "error: nothing on standard input"),
        ] {
            assert_eq!(said(input), expected, "{}", input.escape_ascii());
        }
        assert_eq!(said(&vec![b'a'; MOST_BYTES]).len(), MOST_BYTES);
        assert_eq!(
            said(&vec![b'a'; MOST_BYTES + 1]),
            "error: more than 64 KiB on standard input"
        );
    }
}
