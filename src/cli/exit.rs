//! Exit codes, and what is said when a run fails.

use std::error::Error;
use std::process::ExitCode;

use super::args::FailOn;
use super::console::Console;
use crate::model::{Finding, Proof, Report, Validity};
use crate::report::count;
use crate::rules::RuleError;

/// How a run ends. The codes are a promise, see README.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Complete, nothing to report.
    Clean,
    /// At least one leak, with the code for it; also the answer "no".
    Leak(u8),
    /// Usage, configuration, or a target that cannot be opened.
    CouldNotRun,
    /// At least one leak that the service still accepts.
    ActiveLeak,
    /// Something was not read or not answered, and no leak was found.
    Incomplete,
    /// A revocation failed, or had no effect as long as it was watched.
    Failed,
    /// A revocation was accepted, and shows no effect yet.
    Unconfirmed,
    /// By the operator.
    Interrupted,
}

impl Exit {
    /// The answer "no" of a command that answers.
    pub(super) const NO: Self = Self::Leak(DEFAULT_LEAK_CODE);

    /// Whichever of the two is told when both hold.
    pub(super) fn or_worse(self, other: Self) -> Self {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    /// The place in the order in which they are told, the first of which hides the others.
    fn rank(self) -> u8 {
        match self {
            Self::CouldNotRun => 0,
            Self::Failed => 1,
            Self::Unconfirmed => 2,
            Self::Interrupted => 3,
            Self::ActiveLeak => 4,
            Self::Leak(_) => 5,
            Self::Incomplete => 6,
            Self::Clean => 7,
        }
    }
}

/// Replaced by `--exit-code`.
pub(super) const DEFAULT_LEAK_CODE: u8 = 1;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Leak(code) => code,
            Exit::CouldNotRun => 2,
            Exit::Incomplete => 3,
            Exit::ActiveLeak => 4,
            Exit::Failed => 5,
            Exit::Unconfirmed => 6,
            Exit::Interrupted => 130,
        })
    }
}

/// How a run that made `report` ends: interrupted before active leak before leak before incomplete
/// before clean.
pub(super) fn verdict(report: &Report, fail_on: FailOn, leak_code: u8) -> Exit {
    let open = || {
        report
            .findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
    };
    let leak = match fail_on {
        FailOn::Any => open().next().is_some(),
        FailOn::Proven => open().any(|finding| finding.proof == Proof::Checksum),
        FailOn::Active | FailOn::Never => false,
    };
    let is_active = |finding: &Finding| finding.validity.validity() == Validity::Active;
    let active = fail_on != FailOn::Never && open().any(is_active);
    let unanswered = fail_on == FailOn::Active && open().any(is_unanswered);
    if report.interrupted {
        Exit::Interrupted
    } else if active {
        Exit::ActiveLeak
    } else if leak {
        Exit::Leak(leak_code)
    } else if unanswered || !report.is_complete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// Whether nobody has answered if the token still works.
fn is_unanswered(finding: &Finding) -> bool {
    !finding.validity.is_answered()
}

/// Says what `--fail-on active` leaves open: whom nobody answered about, and what is not proven to
/// work and not proven to have ended either.
pub(super) fn say_what_is_open(report: &Report, fail_on: FailOn, console: Console) {
    if fail_on != FailOn::Active {
        return;
    }
    let open = || {
        let findings = report.findings.iter();
        findings.filter(|finding| finding.suppressed.is_none())
    };
    let unanswered = open().filter(|finding| is_unanswered(finding)).count();
    if unanswered > 0 {
        console.note(format_args!(
            "{} {} not verified: whether {} active is not known",
            count(unanswered as u64, "token"),
            if unanswered == 1 { "was" } else { "were" },
            if unanswered == 1 { "it is" } else { "they are" },
        ));
    }
    let passed = open().filter(|finding| {
        finding.validity.is_answered() && finding.validity.validity() != Validity::Active
    });
    let passed = passed.count();
    if passed > 0 {
        console.note(format_args!(
            "{} {} refused or inactive, which --fail-on active lets pass",
            count(passed as u64, "token"),
            if passed == 1 { "is" } else { "are" },
        ));
    }
}

/// Why a command could not run.
#[derive(Debug)]
pub(super) struct Failure {
    /// At least one.
    pub(super) complaints: Vec<Complaint>,
}

/// One error, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// What went wrong.
    pub(super) error: String,
    /// What caused it, the nearest cause first.
    pub(super) causes: Vec<String>,
    /// The next step.
    pub(super) hint: Option<String>,
}

impl Complaint {
    /// The error with its chain of causes.
    pub(super) fn new(error: &dyn Error, hint: Option<String>) -> Self {
        let chain = std::iter::successors(error.source(), |&cause| cause.source());
        Self {
            error: error.to_string(),
            causes: chain.map(ToString::to_string).collect(),
            hint,
        }
    }
}

impl Failure {
    /// A failure with one complaint.
    pub(super) fn new(error: &dyn Error, hint: Option<String>) -> Self {
        Self {
            complaints: vec![Complaint::new(error, hint)],
        }
    }

    /// The same, with `hint` for the next step where none is known.
    pub(super) fn or_hint(mut self, hint: &str) -> Self {
        for complaint in &mut self.complaints {
            complaint.hint.get_or_insert_with(|| hint.to_owned());
        }
        self
    }
}

impl Failure {
    /// What failed of several things that were all tried.
    pub(super) fn any<const N: usize>(results: [Result<(), Self>; N]) -> Result<(), Self> {
        let failures = results.into_iter().filter_map(Result::err);
        let complaints: Vec<_> = failures.flat_map(|failure| failure.complaints).collect();
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(Self { complaints })
        }
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Self {
        Self::new(&error, error.hint())
    }
}
