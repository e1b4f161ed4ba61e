//! A report as reporters see it: every string redacted, nothing else changed.

use crate::model::{
    BytePath, Coverage, Encoding, Evidence, Excerpt, Finding, FindingId, IssueMonth, Occurrence,
    Position, ProblemKind, Proof, Report, SourceKind, Summary, SuppressedBy, TargetKind, Timestamp,
    Validity, ValidityReason,
};

use crate::rules::{BuiltIn, Rule, Severity};

use super::{Color, Options, Redactor, Secrets, Slash, Verbosity};

/// A redacted report. Findings and their occurrences are redacted one by one as they are asked
/// for, so that a large report is not in memory twice.
pub(super) struct View<'a> {
    report: &'a Report,
    redactor: Redactor,
    secrets: Secrets,
    rules: Vec<RuleView<'a>>,
    pub(super) color: Color,
    pub(super) verbosity: Verbosity,
    pub(super) now: Timestamp,
}

/// A target.
pub(super) struct TargetView {
    pub(super) kind: TargetKind,
    pub(super) path: BytePath,
}

/// What reports say about a rule.
pub(super) struct RuleView<'a> {
    rule: &'a Rule,
    pub(super) title: String,
    pub(super) description: String,
    /// Markdown; may be empty.
    pub(super) help: String,
}

/// A finding.
pub(super) struct FindingView<'v> {
    view: &'v View<'v>,
    occurrences: &'v [Occurrence],
    pub(super) id: &'v FindingId,
    pub(super) rule: &'v str,
    /// `None` for a rule of the user's.
    pub(super) built_in: Option<BuiltIn>,
    /// `None` for a rule that the caller did not describe.
    pub(super) meta: Option<&'v RuleView<'v>>,
    pub(super) redacted: String,
    /// The token itself, only with [`Secrets::Show`].
    pub(super) secret: Option<String>,
    pub(super) proof: Proof,
    pub(super) issued: Option<IssueMonth>,
    pub(super) expires: Option<Timestamp>,
    pub(super) validity: Validity,
    pub(super) validity_reason: ValidityReason,
    pub(super) organizations: Vec<(String, Evidence)>,
    pub(super) suppressed: Option<(SuppressedBy, String)>,
    pub(super) occurrence_count: u64,
}

/// An occurrence.
pub(super) struct OccurrenceView<'v> {
    pub(super) source: SourceKind,
    pub(super) path: BytePath,
    pub(super) position: Option<Position>,
    pub(super) encodings: &'v [Encoding],
    pub(super) excerpt: Option<Excerpt>,
}

/// A problem.
pub(super) struct ProblemView {
    pub(super) kind: ProblemKind,
    pub(super) path: BytePath,
    pub(super) message: String,
}

impl<'a> View<'a> {
    pub(super) fn new(report: &'a Report, options: &Options<'a>) -> Self {
        let &Options {
            rules,
            color,
            secrets,
            verbosity,
            now,
        } = options;
        let redactor = match secrets {
            Secrets::Redact => Redactor::new(report),
            Secrets::Show => Redactor::disabled(),
        };
        let text = |text: &str| redactor.redact(text, Slash::Belongs).into_owned();
        let rules = rules.iter().map(|rule| RuleView {
            rule,
            title: text(&rule.title),
            description: text(&rule.description),
            help: text(&rule.help),
        });
        Self {
            report,
            rules: rules.collect(),
            redactor,
            secrets,
            color,
            verbosity,
            now,
        }
    }

    /// The rules that ran, as the caller listed them.
    pub(super) fn rules(&self) -> &[RuleView<'a>] {
        &self.rules
    }

    pub(super) fn targets(&self) -> impl ExactSizeIterator<Item = TargetView> {
        self.report.targets.iter().map(|target| TargetView {
            kind: target.kind,
            path: self.path(&target.path),
        })
    }

    pub(super) fn findings(&self) -> impl ExactSizeIterator<Item = FindingView<'_>> {
        self.report
            .findings
            .iter()
            .map(|finding| self.finding(finding))
    }

    pub(super) fn problems(&self) -> impl ExactSizeIterator<Item = ProblemView> {
        self.report.problems.iter().map(|problem| ProblemView {
            kind: problem.kind,
            path: self.path(&problem.path),
            message: self.text(&problem.message),
        })
    }

    pub(super) fn coverage(&self) -> &Coverage {
        &self.report.coverage
    }

    pub(super) fn summary(&self) -> Summary {
        self.report.summary
    }

    pub(super) fn is_complete(&self) -> bool {
        self.report.is_complete()
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.report.interrupted
    }

    fn finding<'v>(&'v self, finding: &'v Finding) -> FindingView<'v> {
        let secret = (self.secrets == Secrets::Show)
            .then(|| String::from_utf8_lossy(finding.secret.expose()).into_owned());
        FindingView {
            view: self,
            occurrences: &finding.occurrences,
            id: &finding.id,
            rule: &finding.rule,
            built_in: BuiltIn::of_rule(&finding.rule),
            meta: self.rules.iter().find(|rule| rule.id() == &*finding.rule),
            redacted: finding.secret.redacted(),
            secret,
            proof: finding.proof,
            issued: finding.issued,
            expires: finding.expires,
            validity: finding.validity,
            validity_reason: finding.validity_reason,
            organizations: finding
                .organizations
                .iter()
                .map(|clue| (self.text(&clue.organization), clue.evidence))
                .collect(),
            suppressed: finding
                .suppressed
                .as_ref()
                .map(|suppression| (suppression.by, self.text(&suppression.reason))),
            occurrence_count: finding.occurrence_count,
        }
    }

    fn path(&self, path: &BytePath) -> BytePath {
        BytePath(
            self.redactor
                .redact_bytes(&path.0, Slash::Separates)
                .into_owned(),
        )
    }

    fn text(&self, text: &str) -> String {
        self.redactor.redact(text, Slash::Belongs).into_owned()
    }
}

impl<'a> RuleView<'a> {
    pub(super) fn id(&self) -> &'a str {
        &self.rule.id
    }

    pub(super) fn severity(&self) -> Severity {
        self.rule.severity
    }
}

impl<'v> FindingView<'v> {
    /// The first occurrences in report order.
    pub(super) fn occurrences(&self) -> impl ExactSizeIterator<Item = OccurrenceView<'v>> {
        let view = self.view;
        self.occurrences
            .iter()
            .map(move |occurrence| OccurrenceView {
                source: occurrence.origin.source,
                path: view.path(&occurrence.origin.path),
                position: occurrence.position,
                encodings: &occurrence.encodings,
                excerpt: occurrence
                    .excerpt
                    .as_ref()
                    .map(|excerpt| view.redactor.redact_excerpt(excerpt)),
            })
    }

    /// What people call it.
    pub(super) fn title(&self) -> &'v str {
        self.meta.map_or(self.rule, |meta| &meta.title)
    }
}
