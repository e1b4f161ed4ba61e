//! `import`: takes over what another scanner knows.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::args::{self, Common, Import};
use super::baseline::{self, Named, Remarks, Token, note_down};
use super::console::{Console, redacted};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use super::settings::shown;
use crate::gate::import::{Claim, Flaw, Peer, matched, parse};
use crate::report::{Redactor, Slash, escape_for_terminal};
use crate::rules::input;

/// Why nothing can be taken over.
#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}:{flaw}", path.display())]
    Broken { path: PathBuf, flaw: Flaw },
}

/// Matches the entries of the file with what is found, and writes down what they name.
pub(super) fn run(
    common: &Common,
    args: &Import,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let (peer, name) = match args.peer {
        args::Peer::Gitleaks => (Peer::Gitleaks, "gitleaks"),
        args::Peer::DetectSecrets => (Peer::DetectSecrets, "detect-secrets"),
        args::Peer::Kingfisher => (Peer::Kingfisher, "kingfisher"),
        args::Peer::Trufflehog => (Peer::Trufflehog, "TruffleHog"),
    };
    let reason = args.reason.clone();
    let reason = reason.unwrap_or_else(|| format!("imported from {name}"));
    let remarks = Remarks::new(&reason, &args.remark)?;
    let path = || args.path.clone();
    let bytes = input::read(&args.path).map_err(|source| {
        let path = path();
        Failure::new(&ImportError::Read { path, source }, None)
    })?;
    let claims = parse(peer, &Zeroizing::new(bytes)).map_err(|flaw| {
        let path = path();
        let hint = format!("is it a file of {name}?");
        Failure::new(&ImportError::Broken { path, flaw }, Some(hint))
    })?;
    let known = baseline::path(common, &args.file, environment)?;
    let mut known = Named::read_or_new(&known)?;
    let report = baseline::look(common, &args.looking, environment)?;
    let roots = baseline::roots(&args.looking);
    let roots: Vec<PathBuf> = roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .collect();
    let redactor = Redactor::new(&report);
    let (mut tokens, mut open): (Vec<Token>, Vec<String>) = (Vec::new(), Vec::new());
    for (claim, matched) in claims.iter().zip(matched(&claims, &report, &roots)) {
        match matched {
            Ok(it) => {
                let mut token = Token::of(it.finding, &redactor);
                // Several entries may be about one token.
                if tokens.iter().all(|known| known.id != token.id) {
                    // Writing to a string does not fail.
                    let _ = write!(token.text, "  {}", it.by.as_str());
                    tokens.push(token);
                }
            }
            Err(why) => open.push(format!("{}: {why}", label(claim, &redactor))),
        }
    }
    note_down(
        &mut known,
        &tokens,
        &remarks,
        Console::new(common, environment),
    )?;
    let mut text = String::new();
    for line in &open {
        let _ = writeln!(text, "not matched: {line}");
    }
    let (all, file) = (claims.len(), shown(&args.path));
    let file = escape_for_terminal(&file);
    let _ = writeln!(
        text,
        "{} of {all} entries of {file} matched",
        all - open.len()
    );
    print(text.as_bytes())?;
    Ok(if report.interrupted {
        Exit::Interrupted
    } else if open.is_empty() {
        Exit::Clean
    } else if report.is_complete() {
        Exit::NO
    } else {
        Exit::Incomplete
    }
    .into())
}

/// Which entry it is, as people find it.
fn label(claim: &Claim, redactor: &Redactor) -> String {
    let Some(place) = &claim.place else {
        return format!("entry {}", claim.number);
    };
    let path = redactor.redact(&place.path, Slash::Separates);
    let path = redacted(&path);
    let mut label = format!("{}:{}", escape_for_terminal(&path), place.line);
    if let Some(commit) = &place.commit {
        // Writing to a string does not fail.
        let _ = write!(label, " in commit {:.12}", escape_for_terminal(commit));
    }
    label
}
