//! The map as a tree for people.

use std::io::{self, Write};

use anstyle::Style;

use crate::model::{
    Answer, BlastRadius, Consumer, FullAccess, Harm, Reach, ScopeFact, ScopeSource, ScopeState,
    Timestamp, Unprobed,
};

use super::super::text::Palette;
use super::super::words::{self, count};
use super::super::{escape_for_terminal, validity};
use super::MapOptions;

/// The day on which global tokens stop working, for good and everywhere (release notes of the
/// service, sprint 270).
pub(super) const GLOBAL_END: &str = "2026-12-01";
/// The first second after it, UTC.
const AFTER_GLOBAL_END: Timestamp = Timestamp(1_796_169_600);
/// How many names of scopes that are not held stand on a line.
const NAMES: usize = 8;

/// Writes a tree for each token, and a line that counts them.
pub(super) fn write(
    radii: &[BlastRadius],
    options: &MapOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = Palette::new(options.color);
    for radius in radii {
        heading(radius, palette, out)?;
        let mut prefix = String::new();
        branches(
            &tree(radius, options.now, palette),
            &mut prefix,
            palette,
            out,
        )?;
        writeln!(out)?;
    }
    let harms = [
        Harm::Critical,
        Harm::High,
        Harm::Medium,
        Harm::Low,
        Harm::Unknown,
    ];
    let counts: Vec<String> = harms
        .into_iter()
        .map(|harm| {
            (
                radii.iter().filter(|radius| radius.harm == harm).count(),
                harm,
            )
        })
        .filter(|&(number, _)| number > 0)
        .map(|(number, harm)| format!("{number} {}", harm.as_str()))
        .collect();
    let total = count(radii.len() as u64, "token");
    if counts.is_empty() {
        return writeln!(out, "{total}");
    }
    writeln!(out, "{total}: {}", counts.join(", "))
}

/// Whether [`write`] wrote a file that starts and ends so: a tree, and the line that counts.
pub(super) fn wrote(head: &[u8], tail: &[u8]) -> bool {
    let [head, tail] = [head, tail].map(String::from_utf8_lossy);
    let mut lines = head.lines();
    let has_id = lines.next().is_some_and(|line| line.contains(", id "));
    // Colours may stand between the words.
    let is_branch = |line: &str| line.contains("├─") && line.contains("why");
    let has_tree = lines.next().is_some_and(is_branch);
    let last = tail.trim_end().lines().next_back().unwrap_or_default();
    has_id && has_tree && (last.contains(" token: ") || last.contains(" tokens: "))
}

fn heading(radius: &BlastRadius, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let style = style(radius.harm, palette);
    let strong = palette.strong;
    let harm = match (radius.is_at_least, radius.harm) {
        (_, Harm::Unknown) => "severity unknown".to_owned(),
        (true, harm) => format!("at least {}", harm.as_str()),
        (false, harm) => harm.as_str().to_owned(),
    };
    writeln!(
        out,
        "{style}{harm}{style:#}{strong}: {}{strong:#}, id {}",
        escape_for_terminal(&radius.redacted),
        words::id(&radius.id)
    )
}

fn style(harm: Harm, palette: Palette) -> Style {
    match harm {
        Harm::Critical | Harm::High => palette.leak,
        Harm::Medium => palette.possible,
        Harm::Low => palette.good,
        Harm::Unknown => palette.strong,
    }
}

/// A line of the tree, with what hangs on it.
struct Branch {
    label: String,
    style: Style,
    text: String,
    branches: Vec<Branch>,
}

impl Branch {
    fn new(label: &str, style: Style, text: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            style,
            text: text.into(),
            branches: Vec::new(),
        }
    }

    fn with(self, branches: Vec<Self>) -> Self {
        Self { branches, ..self }
    }
}

fn branches(
    all: &[Branch],
    prefix: &mut String,
    palette: Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let gutter = palette.gutter;
    for (index, branch) in all.iter().enumerate() {
        let is_last = index + 1 == all.len();
        let joint = if is_last { "└─" } else { "├─" };
        let style = branch.style;
        let label = escape_for_terminal(&branch.label);
        write!(
            out,
            "{gutter}{prefix}{joint}{gutter:#} {style}{label}{style:#}"
        )?;
        match branch.text.as_str() {
            "" => writeln!(out)?,
            text => writeln!(out, ": {}", escape_for_terminal(text))?,
        }
        let length = prefix.len();
        prefix.push_str(if is_last { "   " } else { "│  " });
        branches(&branch.branches, prefix, palette, out)?;
        prefix.truncate(length);
    }
    Ok(())
}

/// What hangs on the heading of a token.
fn tree(radius: &BlastRadius, now: Timestamp, palette: Palette) -> Vec<Branch> {
    let line = |label: &str, text: String| Branch::new(label, palette.strong, text);
    let mut tree = vec![line("why", radius.harm_reason.clone())];
    let mut state = format!(
        "{} – {}",
        radius.validity.validity().as_str(),
        validity::short(radius.validity)
    );
    if let Some(date) = radius.checked_at.and_then(words::minute) {
        state.push_str(", checked ");
        state.push_str(&date);
    }
    tree.push(line("validity", state));
    if let Some(owner) = radius.owner.as_ref().and_then(validity::person) {
        tree.push(line("owner", owner));
    }
    if let Some(name) = &radius.name {
        tree.push(line("name", format!("\"{name}\"")));
    }
    if let Some(dates) = dates(radius, now) {
        tree.push(line("dates", dates));
    }
    tree.push(line(
        "full access",
        full_access(radius.full_access).to_owned(),
    ));
    tree.push(line("global", global(radius.is_global, now)));
    if !radius.organizations.is_empty() {
        let reached = radius.organizations.iter().map(|reached| {
            let plain = Style::new();
            Branch::new(&reached.organization, plain, reach(reached.reach))
        });
        tree.push(line("organizations", String::new()).with(reached.collect()));
    }
    tree.push(scopes(radius, palette));
    if !radius.consumers.is_empty() {
        let consumers = radius.consumers.iter().enumerate();
        let consumers = consumers.map(|(index, consumer)| used_by(index + 1, consumer, palette));
        tree.push(line("probably used by", String::new()).with(consumers.collect()));
    }
    tree
}

/// `issued in November 2026; expires on 2026-11-22 at 10:00 UTC`.
fn dates(radius: &BlastRadius, now: Timestamp) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(date) = radius.issued.and_then(words::minute) {
        parts.push(format!("issued on {date}"));
    } else if let Some(month) = radius.issued_month {
        parts.push(format!("issued in {}", words::month(month)));
    }
    if let Some((time, date)) = radius
        .expires
        .and_then(|time| Some((time, words::minute(time)?)))
    {
        let verb = if time <= now { "expired" } else { "expires" };
        parts.push(format!("{verb} on {date}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn full_access(access: FullAccess) -> &'static str {
    match access {
        FullAccess::Certain => "yes, it may do all that its owner may",
        FullAccess::Probable => "probably, for it holds every right to read that was probed",
        FullAccess::No => "no",
        FullAccess::Unknown => "not known",
    }
}

fn global(is_global: Answer, now: Timestamp) -> String {
    match is_global {
        Answer::Yes if now >= AFTER_GLOBAL_END => format!(
            "yes, made for every organization of its owner; global tokens stopped working on \
             {GLOBAL_END}"
        ),
        Answer::Yes => format!(
            "yes, made for every organization of its owner; global tokens stop working on \
             {GLOBAL_END}"
        ),
        Answer::No => "no, made for some of the organizations of its owner".to_owned(),
        Answer::Unknown => "not known".to_owned(),
    }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Accepted => "let it in",
        Reach::Blocked => "a policy stops it from here",
        Reach::Listed => "its administrator's list has it",
        Reach::Membership => "its owner is a member",
        Reach::Elsewhere => "knows its owner, but not with these rights",
        Reach::Named => "stands where it leaked; it gave no answer",
        Reach::Refused => "turned it away",
        Reach::Missing => "does not exist",
    }
}

fn scopes(radius: &BlastRadius, palette: Palette) -> Branch {
    let line = |label: &str, text: String| Branch::new(label, Style::new(), text);
    let root = |text: &str| Branch::new("scopes", palette.strong, text);
    let facts = |state: ScopeState| radius.scopes.iter().filter(move |fact| fact.state == state);
    let mut lines: Vec<Branch> = facts(ScopeState::Held)
        .filter(|fact| fact.implied_by.is_none())
        .map(|fact| Branch::new(&fact.scope, style(fact.harm, palette), allows(fact)))
        .collect();
    let implied: Vec<&str> = facts(ScopeState::Held)
        .filter(|fact| fact.implied_by.is_some())
        .map(|fact| fact.scope.as_str())
        .collect();
    if !implied.is_empty() {
        lines.push(line("with them come", implied.join(", ")));
    }
    let rest = [
        (ScopeState::NotHeld, "not held"),
        (ScopeState::Unknown, "no clear answer"),
        (ScopeState::NotProbed, "not probed"),
    ];
    for (state, label) in rest {
        let names: Vec<&str> = facts(state).map(|fact| fact.scope.as_str()).collect();
        if !names.is_empty() {
            lines.push(line(label, listed(&names)));
        }
    }
    match facts(ScopeState::CannotBeProbed).count() {
        0 => {}
        number => lines.push(line(
            "cannot be probed",
            format!(
                "{}, mostly rights to write such as code_write: only a write would show them, so \
                 only an administrator's list tells",
                count(number as u64, "scope")
            ),
        )),
    }
    match radius.scopes_from {
        Some(ScopeSource::Inventory) => root("from the administrator's list, complete"),
        Some(ScopeSource::Probe) => root("by requests that only read"),
        None => root(unprobed(radius.unprobed.unwrap_or(Unprobed::NotWanted))),
    }
    .with(lines)
}

/// Why nothing is known of the scopes, and what would tell them.
fn unprobed(why: Unprobed) -> &'static str {
    match why {
        Unprobed::OnServer => {
            "not known; Azure DevOps Server is not asked for them, and has no list"
        }
        Unprobed::Listed => {
            "not known; the administrator's list names none, and a token that it has is not \
             presented"
        }
        Unprobed::NotLetIn => {
            "not known; only a token that is let in can be asked, or an administrator's list"
        }
        Unprobed::Forbidden => {
            "not known; --no-probe forbids to ask, an administrator's list tells"
        }
        Unprobed::NotWanted => {
            "not known; --probe-scopes or an administrator's credential (--auth) tells"
        }
        Unprobed::NoOrganization => {
            "not known; no organization is known to ask at, and --org names one"
        }
        Unprobed::CutShort => "not known; the run ended before they were asked for",
    }
}

/// What a scope allows.
fn allows(fact: &ScopeFact) -> String {
    let allows = fact.allows.unwrap_or("not known to this version");
    let mark = match fact.harm {
        harm @ (Harm::Critical | Harm::High) => format!(" [{}]", harm.as_str()),
        Harm::Medium | Harm::Low | Harm::Unknown => String::new(),
    };
    if fact.lacks_permission {
        format!("{allows}{mark} (its owner lacks the permission where it was tried)")
    } else {
        allows.to_owned() + &mark
    }
}

/// `a, b, c and 2 more`.
fn listed(names: &[&str]) -> String {
    match names.len().saturating_sub(NAMES) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMES].join(", ")),
    }
}

fn used_by(number: usize, consumer: &Consumer, palette: Palette) -> Branch {
    let line = |label: &str, text: &str| Branch::new(label, Style::new(), text);
    let steps = consumer.rotate.iter().enumerate();
    let steps = steps.map(|(index, step)| line(&format!("{}. {step}", index + 1), ""));
    let mut lines = vec![
        line("why", &consumer.why.join(", ")),
        line("it keeps the token", &consumer.keeps),
        line("to rotate it there", "").with(steps.collect()),
    ];
    if let Some(lifetime) = &consumer.lifetime {
        lines.push(line("such a token lives", lifetime));
    }
    if let Some(instead) = &consumer.instead {
        lines.push(line("better", instead));
    }
    let source = format!("{} (read on {})", consumer.source, consumer.read_on);
    lines.push(line("source", &source));
    Branch::new(&format!("{number}. {}", consumer.name), palette.strong, "").with(lines)
}
