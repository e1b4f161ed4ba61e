//! What a person says of leaked tokens with `--match`, as far as it can be true.

use thiserror::Error;

use super::super::args::Assertion;
use super::super::exit::Failure;
use super::matched::Matched;
use crate::model::FindingId;
use crate::policy::Certainty;

#[derive(Debug, Error)]
enum AssertedError {
    #[error("--match names {c3id}, which is none of the leaked tokens")]
    Unknown { c3id: String },
    #[error("--match says of {c3id} that it is {one}, and that it is {other}")]
    Twice {
        c3id: String,
        one: String,
        other: String,
    },
    #[error("--match says of {c3id} that it is {said}, and the list holds its C3ID as {recorded}")]
    Contradicted {
        c3id: String,
        said: String,
        recorded: String,
    },
}

/// Refuses assertions about none of `leaks`, and two that cannot both be true.
pub(super) fn check(assertions: &[Assertion], leaks: &[&str]) -> Result<(), Failure> {
    for (at, assertion) in assertions.iter().enumerate() {
        let c3id = assertion.c3id.clone();
        if !leaks.contains(&&*c3id) {
            let hint = "write the C3ID as the plan has it, behind `revoke:` or `notify:`";
            return Err(failure(&AssertedError::Unknown { c3id }, hint));
        }
        let mut earlier = assertions[..at].iter();
        let other = earlier.find(|it| it.c3id == c3id && !is_said(it, &assertion.authorization_id));
        if let Some(other) = other {
            let error = AssertedError::Twice {
                c3id,
                one: other.authorization_id.clone(),
                other: assertion.authorization_id.clone(),
            };
            return Err(failure(&error, "say one of them"));
        }
    }
    Ok(())
}

/// Refuses assertions that contradict what the list itself says for certain.
pub(super) fn agree<'m>(
    assertions: &[Assertion],
    mut matches: impl Iterator<Item = (&'m FindingId, &'m Matched)>,
) -> Result<(), Failure> {
    let contradicted = matches.find_map(|(id, matched)| {
        let said = assertions.iter().find(|it| it.c3id == id.as_str())?;
        let is_certain = matched.certainty == Certainty::Certain;
        let record = matched.records.first().filter(|_| is_certain)?;
        let recorded = &record.authorization_id;
        (!is_said(said, recorded)).then(|| AssertedError::Contradicted {
            c3id: said.c3id.clone(),
            said: said.authorization_id.clone(),
            recorded: recorded.clone(),
        })
    });
    match contradicted {
        Some(error) => Err(failure(
            &error,
            "leave it out: that record is the leaked token",
        )),
        None => Ok(()),
    }
}

fn is_said(assertion: &Assertion, authorization_id: &str) -> bool {
    let said = &assertion.authorization_id;
    said.eq_ignore_ascii_case(authorization_id)
}

fn failure(error: &AssertedError, hint: &str) -> Failure {
    Failure::new(error, Some(hint.to_owned()))
}
