//! Has a plan confirmed: by its id and digest, or by whoever sits at the terminal and is shown it.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

use thiserror::Error;

use super::super::environment::Environment;
use super::super::exit::Failure;
use crate::report::{count, escape_for_terminal};
use crate::respond::plan::Plan;
use crate::respond::revoke::Confirmed;

/// Characters of a plan's id that are typed to confirm it.
const TYPED: usize = 8;

#[derive(Debug, Error)]
enum ConfirmError {
    #[error("nobody has confirmed the plan {id}")]
    Unconfirmed { id: String },
    #[error("--confirm names another plan than {id}")]
    Other { id: String },
    #[error(
        "--confirm names another digest than {digest}: the plan was changed after it was shown"
    )]
    Changed { digest: String },
    #[error("cannot read the confirmation")]
    Read { source: io::Error },
}

/// How `plan` is confirmed: by what `given` says, or by whoever sits at the terminal.
pub(super) fn confirm(
    plan: &Plan,
    given: Option<&str>,
    environment: &Environment,
) -> Result<Confirmed, Failure> {
    let id = plan.id();
    if let Some(given) = given {
        return named(plan, given).map_err(|error| {
            let is_changed = matches!(error, ConfirmError::Changed { .. });
            let hint = "plan again, and look who can write that file";
            Failure::new(&error, is_changed.then(|| hint.to_owned()))
        });
    }
    let unconfirmed = |id| {
        let hint = "give its id and digest with --confirm where nobody can be asked".to_owned();
        Failure::new(&ConfirmError::Unconfirmed { id }, Some(hint))
    };
    if !environment.stdin_terminal || !environment.stderr_terminal {
        return Err(unconfirmed(id));
    }
    let typed = ask(plan).map_err(|source| Failure::new(&ConfirmError::Read { source }, None))?;
    if typed.trim().eq_ignore_ascii_case(&id[..TYPED]) {
        Ok(Confirmed::Terminal)
    } else {
        Err(unconfirmed(id))
    }
}

/// What `given`, an id or an id and a digest, confirms of `plan`.
fn named(plan: &Plan, given: &str) -> Result<Confirmed, ConfirmError> {
    let (id, digest) = match given.split_once(':') {
        Some((id, digest)) => (id, Some(digest)),
        None => (given, None),
    };
    if !id.eq_ignore_ascii_case(&plan.id()) {
        return Err(ConfirmError::Other { id: plan.id() });
    }
    match digest {
        None => Ok(Confirmed::Id),
        Some(digest) if digest.eq_ignore_ascii_case(&plan.digest()) => Ok(Confirmed::Digest),
        Some(_) => Err(ConfirmError::Changed {
            digest: plan.digest(),
        }),
    }
}

/// Shows `plan` as it stands in the file now, and reads what is typed.
fn ask(plan: &Plan) -> io::Result<String> {
    let mut out = io::stderr();
    out.write_all(shown(plan).as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// All that a person confirms who types the start of the id.
fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    for order in plan.orders() {
        let grounds = &order.grounds;
        let at = escape_for_terminal(&order.organization);
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} at {at}, as its {}",
            order.c3id,
            order.route.as_str()
        );
        let account = grounds.account.as_deref().unwrap_or(&order.owner);
        let mut row = |name: &str, value: &str| {
            let _ = writeln!(text, "  {name:<8}  {}", escape_for_terminal(value));
        };
        row("owner", account);
        row("token", &grounds.shown);
        row("as", &order.authorization_id);
        row("matched", &order.matched);
        row("because", &grounds.because);
        if !grounds.exposure_rechecked {
            row("note", "exposure not re-checked");
        }
    }
    let tokens = count(plan.len() as u64, "token");
    let told = match plan.told().count() as u64 {
        0 => String::new(),
        more => format!(" and tell of {more} more"),
    };
    let _ = write!(
        text,
        "digest {}\nto revoke {tokens}{told}, type the first {TYPED} characters of the plan's id: ",
        plan.digest()
    );
    text
}
