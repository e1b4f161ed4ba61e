//! `rules list` and `rules check`.

use std::fmt::Write;
use std::process::ExitCode;

use super::args::{Common, RulesCheck, RulesList};
use super::console::Console;
use super::environment::Environment;
use super::exit::{Complaint, Exit, Failure};
use super::generate::print;
use super::settings;
use crate::report::count;
use crate::rules::{RuleKind, RuleSet};

/// Lists the rules.
pub(super) fn list(
    common: &Common,
    args: &RulesList,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let rules = settings::rules(common, &args.rules, environment)?;
    print(table(&rules).as_bytes())
}

/// Tries the rules on their examples.
pub(super) fn check(
    common: &Common,
    args: &RulesCheck,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    let console = Console::new(common, environment);
    let paths: Vec<_> = args.paths.iter().chain(&args.rules).cloned().collect();
    let rules = settings::rules(common, &paths, environment)?;
    let outcome = crate::scan::check(&rules);
    for failure in &outcome.failures {
        console.complain(&Complaint::new(
            failure,
            Some(failure.cause.hint().to_owned()),
        ));
    }
    for id in &outcome.untested {
        console.note(format_args!("`{id}` has no examples"));
    }
    let failures = outcome.failures.len();
    let verdict = match failures {
        0 => "all hold".to_owned(),
        1 => "1 does not hold".to_owned(),
        _ => format!("{failures} do not hold"),
    };
    let text = format!(
        "{}, {}: {verdict}\n",
        count(outcome.rules as u64, "rule"),
        count(outcome.examples as u64, "example")
    );
    print(text.as_bytes())?;
    Ok(if failures == 0 { Exit::Clean } else { Exit::NO }.into())
}

fn table(rules: &RuleSet) -> String {
    let width = rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for rule in rules.iter() {
        let place = match &rule.kind {
            RuleKind::BuiltIn(_) if rules.is_enabled(rule) => String::new(),
            RuleKind::BuiltIn(_) => " (only with --include-unproven)".to_owned(),
            RuleKind::Pattern(_) => format!(" ({}:{})", rule.place.path.display(), rule.place.line),
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:width$}  {:8}  {}{place}",
            rule.id,
            rule.severity.as_str(),
            rule.title
        );
    }
    text
}
