//! `baseline add`: writes tokens down as known.

use std::fmt::Write;
use std::process::ExitCode;

use super::super::args::{BaselineAdd, Common, Remark};
use super::super::console::{Console, redacted};
use super::super::environment::Environment;
use super::super::exit::{Exit, Failure};
use super::super::generate::print;
use super::super::settings::{now, shown};
use super::{Named, ending, first_place, look, path};
use crate::handoff::report::{self, Reported};
use crate::model::{Finding, FindingId};
use crate::report::{Redactor, escape_for_terminal};
use crate::rules::BuiltIn;
use crate::triage::baseline::{Added, Entry, TextError, check_text, today};

/// Why nothing is written down.
#[derive(Debug, thiserror::Error)]
enum AddError {
    #[error("--{flag} cannot be used")]
    Text {
        flag: &'static str,
        source: TextError,
    },
    #[error("--{flag} holds a token, and a baseline must not")]
    Token { flag: &'static str },
    #[error("--expires {day} is not in the future")]
    Past { day: jiff::civil::Date },
    #[error("no token with the C3ID {id} was found")]
    NotFound { id: String },
}

/// What is written down beside each token.
pub(in crate::cli) struct Remarks<'r> {
    reason: &'r str,
    remark: &'r Remark,
}

impl<'r> Remarks<'r> {
    /// Checks what the flags say.
    pub(in crate::cli) fn new(reason: &'r str, remark: &'r Remark) -> Result<Self, Failure> {
        let owner = remark.owner.as_deref().map(|owner| ("owner", owner));
        for (flag, text) in [Some(("reason", reason)), owner].into_iter().flatten() {
            check_text(text)
                .map_err(|source| Failure::new(&AddError::Text { flag, source }, None))?;
            if redacted(text) != text {
                return Err(Failure::new(&AddError::Token { flag }, None));
            }
        }
        match remark.expires {
            Some(day) if day <= today(now()) => Err(Failure::new(&AddError::Past { day }, None)),
            _ => Ok(Self { reason, remark }),
        }
    }

    fn entry(&self, c3id: &str) -> Entry {
        Entry {
            c3id: c3id.to_owned(),
            reason: self.reason.to_owned(),
            owner: self.remark.owner.clone(),
            added: today(now()),
            expires: self.remark.expires,
        }
    }
}

/// A token to write down.
pub(in crate::cli) struct Token {
    /// Its id.
    pub(in crate::cli) id: FindingId,
    /// What is said of it: its rule, and where it stands. Redacted and escaped.
    pub(in crate::cli) text: String,
}

impl Token {
    /// The token of a finding.
    pub(in crate::cli) fn of(finding: &Finding, redactor: &Redactor) -> Self {
        Self {
            id: finding.id.clone(),
            text: format!("{}  {}", finding.rule, first_place(finding, redactor)),
        }
    }
}

/// Adds what is found, or what a report names.
pub(in crate::cli) fn add(
    common: &Common,
    args: &BaselineAdd,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let remarks = Remarks::new(&args.reason, &args.remark)?;
    let mut named = Named::read_or_new(&path(common, &args.file, environment)?)?;
    let console = Console::new(common, environment);
    let (mut tokens, exit) = if let Some(path) = &args.from {
        let handed = report::read(path)
            .map_err(|error| Failure::new(&error, error.flaw.hint().map(str::to_owned)))?;
        (of_report(&handed.findings, console), Exit::Clean)
    } else {
        let report = look(common, &args.looking, environment)?;
        let redactor = Redactor::new(&report);
        let tokens = report.findings.iter();
        let tokens = tokens.map(|finding| Token::of(finding, &redactor));
        (tokens.collect(), ending(&report))
    };
    if !args.id.is_empty() {
        let is_there = |id: &&String| tokens.iter().any(|token| token.id.as_str() == id.as_str());
        if let Some(id) = args.id.iter().find(|id| !is_there(id)) {
            let id = escape_for_terminal(id).into_owned();
            return Err(Failure::new(&AddError::NotFound { id }, None));
        }
        tokens.retain(|token| args.id.iter().any(|id| id == token.id.as_str()));
    }
    note_down(&mut named, &tokens, &remarks, console)?;
    Ok(exit.into())
}

/// Adds `tokens`, writes the file and says what came of it.
pub(in crate::cli) fn note_down(
    named: &mut Named,
    tokens: &[Token],
    remarks: &Remarks<'_>,
    console: Console,
) -> Result<(), Failure> {
    let is_new = named.bytes.is_empty();
    let (mut text, mut added, mut known) = (String::new(), 0, 0);
    for token in tokens {
        let word = match &token.id {
            FindingId::Salted(_) => "left out",
            FindingId::C3id(c3id) => match named.baseline.add(remarks.entry(c3id), now()) {
                Added::New => "added",
                Added::Renewed => "renewed",
                Added::Known => "known",
            },
        };
        match word {
            "known" => known += 1,
            "left out" => console.note(format_args!(
                "{}: its id is of this run alone, and nothing can be written down of it",
                token.text
            )),
            _ => added += 1,
        }
        if word != "left out" {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{word:<7}  {}  {}", token.id, token.text);
        }
    }
    if added > 0 {
        named.save()?;
    }
    let path = shown(&named.path);
    let path = escape_for_terminal(&path);
    let _ = writeln!(text, "{added} added, {known} already there: {path}");
    print(text.as_bytes())?;
    if is_new && added > 0 {
        console.note(format_args!(
            "to let git merge what two branches add at the same place, write \
             `{} merge=union` into .gitattributes",
            crate::triage::baseline::FILE_NAME
        ));
    }
    Ok(())
}

/// The tokens that a report names. The ids that rules of the user's give may be salted, and a
/// report does not tell.
fn of_report(findings: &[Reported], console: Console) -> Vec<Token> {
    let (known, own): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| BuiltIn::of_rule(&finding.rule).is_some());
    for finding in own {
        console.note(format_args!(
            "{} is left out: it is of the rule {}, and its id may be of that run alone; without \
             --from it is told",
            finding.id, finding.rule
        ));
    }
    let token = |finding: &Reported| {
        let place = finding.occurrences.first().map(|first| {
            let path = redacted(&first.path.to_text());
            let path = escape_for_terminal(&path).into_owned();
            match first.position {
                Some(position) => format!("{path}:{}", position.line),
                None => path,
            }
        });
        Token {
            id: finding.id.clone(),
            text: format!("{}  {}", finding.rule, place.unwrap_or_default()),
        }
    };
    known.into_iter().map(token).collect()
}
