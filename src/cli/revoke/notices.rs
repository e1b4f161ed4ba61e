//! What people will be told of each leak that is acted on.

use super::super::console;
use super::decide::Proposal;
use super::text;
use crate::policy::Action;
use crate::report::{Redactor, Slash};
use crate::respond::notify::{Affected, MAX_PLACES, Notice, Place};

/// The notices of all that is to be revoked or told of, without any token.
pub(super) fn notices(proposals: &[Proposal<'_>], redactor: &Redactor) -> Vec<Notice> {
    let is_told = |proposal: &&Proposal<'_>| proposal.decision.action != Action::Nothing;
    let told = proposals.iter().filter(is_told);
    told.map(|proposal| notice(proposal, redactor)).collect()
}

fn notice(proposal: &Proposal<'_>, redactor: &Redactor) -> Notice {
    let finding = proposal.finding;
    let matched = &proposal.matched;
    let verification = finding.verification.as_deref();
    let clean = |text: &str| redactor.redact(text, Slash::Belongs).into_owned();
    let record = match &*matched.records {
        [record] => Some(record),
        _ => None,
    };
    let occurrences = finding.occurrences.iter().take(MAX_PLACES);
    let places = occurrences.map(|occurrence| {
        let path = redactor.redact_bytes(&occurrence.origin.path.0, Slash::Separates);
        Place {
            path: String::from_utf8_lossy(&path).into_owned(),
            line: occurrence.position.map(|position| position.line),
        }
    });
    let consumers = verification.into_iter().flat_map(|it| &it.consumers);
    let redacted = finding.secret.redacted();
    let is_ordered = proposal.order().is_some();
    let because = || clean(&text::because(proposal.decision.because));
    let notice = Notice {
        c3id: finding.id.as_str().to_owned(),
        organization: matched.organization.clone(),
        owner: matched.owner.as_ref().and_then(|it| it.descriptor.clone()),
        left_because: (!is_ordered).then(because),
        // Only a mask remains where the value is not at hand.
        redacted: Some(redacted).filter(|shown| shown.chars().count() > 1),
        name: record.and_then(|record| Some(clean(record.name.as_ref()?))),
        places: places.collect(),
        place_count: finding.occurrence_count,
        consumers: consumers
            .map(|consumer| Affected {
                name: clean(&consumer.name),
                rotate: consumer.rotate.iter().map(|step| clean(step)).collect(),
            })
            .collect(),
    };
    notice.cleaned(&console::redacted)
}
