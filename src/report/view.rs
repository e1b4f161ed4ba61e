//! A report as reporters see it: every string redacted, nothing else changed.

use crate::model::{
    Attempt, BytePath, Commit, CommitDate, Consumer, Coverage, Encoding, Evidence, Excerpt,
    Exposure, Finding, FindingId, GitPlace, IssueMonth, ObjectId, Occurrence, Overruling, Owner,
    PatRecord, Position, ProblemKind, Proof, Report, ServiceEvidence, SourceKind, Summary,
    SuppressedBy, Suppression, TargetKind, TargetSummary, Timestamp, ValidityReason, Verification,
};
use crate::rules::{BuiltIn, Rule, Severity};

use super::{Color, Home, Leaks, Options, Piece, Redactor, Secrets, Slash, Verbosity};

/// A redacted report. Findings and their occurrences are redacted one by one as they are asked
/// for, so that a large report is not in memory twice.
pub(super) struct View<'a> {
    report: &'a Report,
    piece: Piece,
    redactor: Redactor,
    secrets: Secrets,
    rules: Vec<RuleView<'a>>,
    pub(super) color: Color,
    pub(super) verbosity: Verbosity,
    pub(super) now: Timestamp,
    home: Home,
    pub(super) leaks: Leaks,
}

/// A target.
pub(super) struct TargetView {
    pub(super) kind: TargetKind,
    pub(super) path: BytePath,
    pub(super) head: Option<ObjectId>,
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
    pub(super) validity: ValidityReason,
    pub(super) verification: Option<Verification>,
    pub(super) organizations: Vec<(String, Evidence)>,
    pub(super) exposure: Option<ExposureView>,
    pub(super) suppressed: Option<(SuppressedBy, String)>,
    pub(super) overruled: Option<(SuppressedBy, String, Overruling)>,
    pub(super) occurrence_count: u64,
}

/// Where a token can still be had.
pub(super) struct ExposureView {
    pub(super) first: Option<CommitView>,
    pub(super) present_at: Vec<String>,
    pub(super) removed_by: Option<CommitView>,
    pub(super) is_partial: bool,
}

/// An occurrence.
pub(super) struct OccurrenceView<'v> {
    pub(super) source: SourceKind,
    /// Empty where there is none, as of a commit's message.
    pub(super) path: BytePath,
    pub(super) git: Option<GitView>,
    pub(super) position: Option<Position>,
    pub(super) encodings: &'v [Encoding],
    pub(super) excerpt: Option<Excerpt>,
    pub(super) is_ignored: bool,
}

/// A place in a repository.
pub(super) struct GitView {
    pub(super) repository: BytePath,
    /// Whether nothing else was scanned, so that it need not be said.
    pub(super) is_sole_repository: bool,
    pub(super) object: Option<ObjectId>,
    pub(super) commit: Option<CommitView>,
    pub(super) reachable: Option<bool>,
    /// What leads there where no reference does.
    pub(super) kept_by: Option<String>,
}

/// A commit.
pub(super) struct CommitView {
    pub(super) id: ObjectId,
    pub(super) author: String,
    pub(super) email: String,
    pub(super) date: CommitDate,
    pub(super) summary: String,
    pub(super) or_earlier: bool,
}

/// A baseline that was applied.
pub(super) struct BaselineView {
    pub(super) path: BytePath,
    pub(super) entries: u64,
    pub(super) matched: u64,
}

/// A problem.
pub(super) struct ProblemView {
    /// Whether the operator knows of it and takes it for no gap.
    pub(super) accepted: bool,
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
            home,
            leaks,
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
            piece: Piece::whole(report),
            rules: rules.collect(),
            redactor,
            secrets,
            color,
            verbosity,
            now,
            home,
            leaks,
        }
    }

    /// Shows the findings of `piece` alone.
    pub(super) fn show(&mut self, piece: Piece) {
        self.piece = piece;
    }

    /// Which findings are shown.
    pub(super) fn piece(&self) -> &Piece {
        &self.piece
    }

    /// The rules that ran, as the caller listed them.
    pub(super) fn rules(&self) -> &[RuleView<'a>] {
        &self.rules
    }

    pub(super) fn targets(&self) -> impl ExactSizeIterator<Item = TargetView> {
        self.report.targets.iter().map(|target| TargetView {
            kind: target.kind,
            path: self.path(&target.path),
            head: target.head,
        })
    }

    pub(super) fn findings(&self) -> impl ExactSizeIterator<Item = FindingView<'_>> {
        self.report.findings[self.piece.findings.clone()]
            .iter()
            .map(|finding| self.finding(finding))
    }

    pub(super) fn problems(&self) -> impl ExactSizeIterator<Item = ProblemView> {
        self.report.problems.iter().map(|problem| ProblemView {
            accepted: self.report.accepts(problem),
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

    /// The baseline that was applied.
    pub(super) fn baseline(&self) -> Option<BaselineView> {
        let baseline = self.report.baseline.as_ref()?;
        Some(BaselineView {
            path: self.path(&baseline.path),
            entries: baseline.entries,
            matched: baseline.matched,
        })
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
            verification: finding
                .verification
                .as_deref()
                .map(|verification| self.verification(verification)),
            organizations: finding
                .organizations
                .iter()
                .map(|clue| (self.text(&clue.organization), clue.evidence))
                .collect(),
            exposure: finding
                .exposure
                .as_ref()
                .map(|exposure| self.exposure(exposure)),
            suppressed: finding
                .suppressed
                .as_ref()
                .map(|suppression| (suppression.by, self.text(&suppression.reason))),
            overruled: finding.overruled.as_ref().map(|overruled| {
                let Suppression { by, reason } = &overruled.suppression;
                (*by, self.text(reason), overruled.why)
            }),
            occurrence_count: finding.occurrence_count,
        }
    }

    fn exposure(&self, exposure: &Exposure) -> ExposureView {
        let commit = |commit: &Option<_>| commit.as_deref().map(|commit| self.commit(commit));
        let places = exposure.present_at.iter();
        ExposureView {
            first: commit(&exposure.first),
            present_at: places.map(|place| self.name(place)).collect(),
            removed_by: commit(&exposure.removed_by),
            is_partial: exposure.is_partial,
        }
    }

    fn verification(&self, told: &Verification) -> Verification {
        let text = |text: &Option<String>| text.as_deref().map(|text| self.text(text));
        let evidence = |evidence: &ServiceEvidence| ServiceEvidence {
            status: evidence.status,
            type_key: text(&evidence.type_key),
            message: text(&evidence.message),
            endpoint: self.text(&evidence.endpoint),
        };
        let attempts = told.attempts.iter().map(|attempt| Attempt {
            organization: text(&attempt.organization),
            evidence: evidence(&attempt.evidence),
            ..attempt.clone()
        });
        Verification {
            organization: text(&told.organization),
            evidence: told.evidence.as_ref().map(evidence),
            attempts: attempts.collect(),
            owner: told.owner.as_ref().map(|owner| Owner {
                id: text(&owner.id),
                descriptor: text(&owner.descriptor),
                name: text(&owner.name),
                account: text(&owner.account),
            }),
            pat: told.pat.as_ref().map(|pat| PatRecord {
                authorization_id: self.text(&pat.authorization_id),
                name: text(&pat.name),
                scopes: pat.scopes.iter().map(|scope| self.text(scope)).collect(),
                ..pat.clone()
            }),
            consumers: told
                .consumers
                .iter()
                .map(|consumer| redacted_consumer(consumer, &self.redactor))
                .collect(),
            ..told.clone()
        }
    }

    fn git(&self, place: &GitPlace) -> GitView {
        GitView {
            repository: self.path(&place.repository),
            is_sole_repository: self.is_sole_repository(&place.repository),
            object: place.object,
            commit: place.commit.as_deref().map(|commit| self.commit(commit)),
            reachable: place.reachable,
            kept_by: place.kept_by.as_deref().map(|label| self.name(label)),
        }
    }

    fn is_sole_repository(&self, repository: &BytePath) -> bool {
        matches!(
            &*self.report.targets,
            [TargetSummary { kind: TargetKind::Repository, path, .. }] if path == repository
        )
    }

    fn commit(&self, commit: &Commit) -> CommitView {
        CommitView {
            id: commit.id,
            author: self.text(&commit.author),
            email: self.text(&commit.email),
            date: commit.date,
            summary: self.text(&commit.summary),
            or_earlier: commit.or_earlier,
        }
    }

    fn path(&self, path: &BytePath) -> BytePath {
        BytePath(
            self.redactor
                .redact_bytes(&path.0, Slash::Separates)
                .into_owned(),
        )
    }

    /// The name of a reference.
    fn name(&self, name: &str) -> String {
        self.redactor.redact(name, Slash::Separates).into_owned()
    }

    fn text(&self, text: &str) -> String {
        self.redactor.redact(text, Slash::Belongs).into_owned()
    }
}

/// `consumer` with the names of files in it redacted; all else in it is our own.
pub(super) fn redacted_consumer(consumer: &Consumer, redactor: &Redactor) -> Consumer {
    let text = |text: &String| redactor.redact(text, Slash::Belongs).into_owned();
    Consumer {
        why: consumer.why.iter().map(text).collect(),
        ..consumer.clone()
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
                git: occurrence.origin.git.as_ref().map(|place| view.git(place)),
                position: occurrence.position,
                encodings: &occurrence.encodings,
                excerpt: occurrence
                    .excerpt
                    .as_ref()
                    .map(|excerpt| view.redactor.redact_excerpt(excerpt)),
                is_ignored: occurrence.is_ignored,
            })
    }

    /// Where it is revoked.
    pub(super) fn home(&self) -> Home {
        self.view.home
    }

    /// What people call it.
    pub(super) fn title(&self) -> &'v str {
        self.meta.map_or(self.rule, |meta| &meta.title)
    }
}

impl OccurrenceView<'_> {
    /// Whether the path starts with that of a file: neither a commit's message nor a blob that no
    /// tree names has one, nor what is in an archive that such a blob is.
    pub(super) fn has_file(&self) -> bool {
        !self.path.0.is_empty() && !self.path.0.starts_with(b"!/")
    }
}
