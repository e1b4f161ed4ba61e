//! Whether a token works, whose it is, and who probably uses it.

use std::io;

use crate::model::{PatRecord, ValidityReason};

use super::super::view::FindingView;
use super::super::words::{self, grouped};
use super::super::{escape_for_terminal, validity};
use super::Page;

/// How many products are named.
const CONSUMERS: usize = 2;

impl Page<'_, '_> {
    /// Nothing where nobody was to ask.
    pub(super) fn verification(
        &mut self,
        finding: &FindingView<'_>,
        margin: usize,
    ) -> io::Result<()> {
        let told = finding.verification.as_ref();
        if told.is_none() && finding.validity == ValidityReason::NotAttempted {
            return Ok(());
        }
        let strong = self.palette.strong;
        let text = validity::sentence(finding.validity, told);
        self.note(margin, strong, "validity", &escape_for_terminal(&text))?;
        let Some(told) = told else { return Ok(()) };
        let owner = told.owner.as_ref().and_then(validity::person);
        let owner = owner.filter(|_| !validity::names_owner(finding.validity, told));
        if let Some(owner) = owner {
            self.note(margin, strong, "owner", &escape_for_terminal(&owner))?;
        }
        if let Some(pat) = &told.pat {
            let text = record(pat);
            self.note(margin, strong, "listed as", &escape_for_terminal(&text))?;
        }
        Ok(())
    }

    /// Who probably uses it, and how it is rotated there.
    pub(super) fn consumers(&mut self, finding: &FindingView<'_>, margin: usize) -> io::Result<()> {
        let Some(told) = &finding.verification else {
            return Ok(());
        };
        let total = told.consumers.len();
        if total == 0 {
            return Ok(());
        }
        let gutter = self.palette.gutter;
        let shown = self.shown(total, CONSUMERS);
        writeln!(
            self.out,
            "{:margin$} {gutter}={gutter:#} probably used by:",
            ""
        )?;
        for (index, consumer) in told.consumers.iter().take(shown).enumerate() {
            let text = format!("{}: {}", consumer.name, consumer.why.join(", "));
            writeln!(
                self.out,
                "{:margin$}     {}",
                "",
                escape_for_terminal(&text)
            )?;
            // The steps of the others would bury what is likely under what is possible.
            if index > 0 && !self.is_verbose() {
                continue;
            }
            for (number, step) in consumer.rotate.iter().enumerate() {
                let step = escape_for_terminal(step);
                writeln!(self.out, "{:margin$}       {}. {step}", "", number + 1)?;
            }
        }
        if shown < total {
            let more = grouped((total - shown) as u64);
            writeln!(
                self.out,
                "{:margin$}     and {more} more (-v lists them)",
                ""
            )?;
        }
        Ok(())
    }
}

/// `"ci" with code_write, build; valid until 2026-11-22 at 10:00 UTC; in every organization of its
/// owner`.
fn record(pat: &PatRecord) -> String {
    let mut text = match &pat.name {
        Some(name) => format!("\"{name}\""),
        None => "a token without a name".to_owned(),
    };
    let bare = |scope: &String| scope.replace("vso.", "");
    let scopes: Vec<String> = pat.scopes.iter().map(bare).collect();
    match scopes.as_slice() {
        [] => {}
        [scope] if scope == "app_token" => text.push_str(" with full access"),
        scopes => {
            text.push_str(" with ");
            text.push_str(&scopes.join(", "));
        }
    }
    if let Some(date) = pat.valid_to.and_then(words::minute) {
        text.push_str("; valid until ");
        text.push_str(&date);
    }
    if pat.is_global == Some(true) {
        text.push_str("; for every organization of its owner");
    }
    text
}
