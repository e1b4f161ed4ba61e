//! Takes tokens out of what the service says: people paste them into the names of things, and programs
//! into the names by which they go.

use super::console;
use crate::model::Secret;
use crate::providers::azure_devops::Setting;
use crate::report::Slash;
use crate::respond::survey::Facts;

/// Takes every token out of `facts`: those that are `known`, and whatever else is found to be one.
pub(super) fn facts<'s>(facts: &mut Facts, known: impl IntoIterator<Item = &'s Secret>) {
    let mut all = String::new();
    each(facts, &mut |text| {
        all.push_str(text);
        all.push('\n');
    });
    let redactor = console::redactor(&all, known);
    each(facts, &mut |text| {
        let clean = redactor.redact(text, Slash::Separates);
        if *clean != **text {
            *text = clean.into_owned();
        }
    });
}

/// Gives each text to `change`. Ids are among them: what compares them comes later, and finds them
/// changed alike.
fn each(facts: &mut Facts, change: &mut dyn FnMut(&mut String)) {
    for person in &mut facts.people {
        let user = &mut person.user;
        change(&mut user.descriptor);
        let called = [
            &mut user.name,
            &mut user.account,
            &mut user.mail,
            &mut user.origin_id,
        ];
        called.into_iter().flatten().for_each(&mut *change);
        for pat in &mut person.pats {
            change(&mut pat.record.authorization_id);
            let told = [&mut pat.c3id, &mut pat.owner_id, &mut pat.record.name];
            told.into_iter().flatten().for_each(&mut *change);
            pat.record.scopes.iter_mut().for_each(&mut *change);
        }
    }
    for entry in &mut facts.log {
        let told = [
            &mut entry.id,
            &mut entry.actor_id,
            &mut entry.account,
            &mut entry.name,
            &mut entry.mechanism,
            &mut entry.ip,
            &mut entry.agent,
            &mut entry.action,
            &mut entry.area,
            &mut entry.details,
            &mut entry.project,
        ];
        told.into_iter().for_each(&mut *change);
        entry.data.values_mut().for_each(&mut *change);
    }
    for policy in facts.policies.values_mut() {
        match policy {
            Ok(Setting::NeverSet) => {}
            Ok(Setting::Set { properties, .. }) => properties.values_mut().for_each(&mut *change),
            Err(unread) => change(&mut unread.why),
        }
    }
    facts.gaps.iter_mut().for_each(|gap| change(&mut gap.why));
    if let Some(owner) = &mut facts.acting {
        let called = [&mut owner.name, &mut owner.account];
        called.into_iter().flatten().for_each(&mut *change);
    }
}
