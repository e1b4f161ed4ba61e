//! What is told of a token, for every way in which things can have happened.

use std::collections::BTreeMap;

use super::*;
use crate::model::PatRecord;
use crate::providers::azure_devops::User;

const NOW: i64 = 1_795_000_000;
const ID: &str = "0b1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4a";
/// Another only in its last character.
const TWIN: &str = "0b1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4f";

fn days(days: i64) -> Timestamp {
    Timestamp(NOW + days * DAY)
}

fn pat(id: &str, c3id: &str, name: &str) -> ListedPat {
    ListedPat {
        c3id: Some(c3id.to_owned()),
        is_valid: Some(true),
        owner_id: Some("noor's id".to_owned()),
        organizations: None,
        record: PatRecord {
            authorization_id: id.to_owned(),
            name: Some(name.to_owned()),
            scopes: vec!["vso.code".to_owned()],
            valid_from: Some(days(-80)),
            valid_to: Some(days(20)),
            is_global: Some(false),
        },
    }
}

/// An entry with the token `id`, or by whoever signed in without one.
fn entry(at: i64, id: Option<&str>, action: &str, (ip, agent): (&str, &str)) -> AuditEntry {
    let (area, _) = action.split_once('.').expect("an area");
    AuditEntry {
        id: format!("{at} {action} {ip}"),
        at: days(at),
        actor_id: "noor's id".to_owned(),
        account: "noor@contoso.example".to_owned(),
        name: String::new(),
        mechanism: id.map_or_else(String::new, |id| {
            format!("PAT_Unscoped authorizationId: {id}")
        }),
        ip: ip.to_owned(),
        agent: agent.to_owned(),
        action: action.to_owned(),
        area: area.to_owned(),
        category: Category::Modify,
        details: String::new(),
        project: String::new(),
        data: BTreeMap::new(),
    }
}

const OFFICE: (&str, &str) = ("198.51.100.7", "git/2.51");
const STRANGER: (&str, &str) = ("203.0.113.66", "python-requests/2.32");

fn facts(pats: Vec<ListedPat>, log: Vec<AuditEntry>) -> Facts {
    Facts {
        organization: "contoso".to_owned(),
        people: vec![Person {
            user: User {
                descriptor: "aad.x".to_owned(),
                name: None,
                account: Some("noor@contoso.example".to_owned()),
                mail: None,
                origin_id: None,
            },
            is_active: None,
            pats,
        }],
        log,
        log_from: Some(days(-90)),
        ..Facts::default()
    }
}

fn leak(exposed: Option<i64>) -> Leak {
    Leak {
        c3id: "a C3ID".to_owned(),
        exposed: exposed.map(days),
        issued: None,
        authorization_id: None,
        acted: Vec::new(),
    }
}

/// What the journal tells of a revocation so many days from now.
fn acted(accepted: i64, is_closed: bool) -> Acted {
    Acted {
        authorization_id: ID.to_owned(),
        accepted: Some(days(accepted)),
        is_closed,
    }
}

/// Each event as its action with its flags.
fn told(facts: &Facts, leak: Leak) -> (Vec<(String, Vec<Flag>)>, usize, usize) {
    let leaks = [leak];
    let timelines = timelines(facts, &leaks, Timestamp(NOW));
    let timeline = &timelines[0];
    let events = timeline.events.iter();
    let events = events.map(|event| (event.entry.action.clone(), event.flags.clone()));
    (events.collect(), timeline.uncertain.len(), timeline.earlier)
}

#[test]
fn what_is_new_or_sensitive_comes_first() {
    let log = vec![
        entry(-45, None, "Git.Seen", ("192.0.2.1", "too old")),
        entry(-25, None, "Git.Seen", ("198.51.100.9", "curl/8")),
        entry(-20, Some(ID), "Git.Used", OFFICE),
        entry(-8, Some(ID), "Git.Usual", OFFICE),
        entry(
            -7,
            Some(ID),
            "Git.FromElsewhere",
            ("203.0.113.66", "git/2.51"),
        ),
        entry(-6, Some(ID), "Git.WithAnother", ("198.51.100.9", "python")),
        entry(-5, Some(ID), "Extension.Installed", OFFICE),
        entry(-4, Some(ID), "Git.TooOld", ("192.0.2.1", "curl/8")),
        entry(-3, Some(ID), "Git.Silent", ("", "")),
        entry(-2, None, "Git.Cookie", STRANGER),
    ];
    let facts = facts(vec![pat(ID, "a C3ID", "ci")], log);
    let one = |action: &str, flags: &[Flag]| (action.to_owned(), flags.to_vec());
    assert_eq!(
        told(&facts, leak(Some(-10))),
        (
            vec![
                one("Git.FromElsewhere", &[Flag::NewAddress]),
                one("Git.WithAnother", &[Flag::NewAgent]),
                one("Extension.Installed", &[Flag::Sensitive]),
                one("Git.TooOld", &[Flag::NewAddress]),
                one("Git.Usual", &[]),
                one("Git.Silent", &[]),
            ],
            0,
            1
        )
    );
    // A date that is too late, as anybody can write it, hides no change.
    assert_eq!(
        told(&facts, leak(Some(-4))),
        (
            vec![
                one(
                    "Extension.Installed",
                    &[Flag::Sensitive, Flag::BeforeExposure]
                ),
                one("Git.TooOld", &[Flag::NewAddress]),
                one("Git.Silent", &[]),
            ],
            0,
            4
        )
    );
    // Without a date nothing is new, and nothing is left out.
    let (events, _, earlier) = told(&facts, leak(None));
    let flagged: Vec<&str> = events
        .iter()
        .filter(|(_, flags)| !flags.is_empty())
        .map(|(action, _)| action.as_str())
        .collect();
    assert_eq!(
        (flagged, events.len(), earlier),
        (vec!["Extension.Installed"], 7, 0)
    );
}

#[test]
fn changes_are_sensitive_where_they_give_access() {
    for (action, area, category, expected) in [
        ("Token.PatCreateEvent", "Token", Category::Create, true),
        ("Policy.Changed", "policy", Category::Modify, true),
        (
            "OrganizationPolicy.PolicyValueUpdated",
            "",
            Category::Modify,
            true,
        ),
        (
            "Security.ModifyPermission",
            "Permissions",
            Category::Remove,
            true,
        ),
        ("ServiceEndpoint.Created", "Library", Category::Create, true),
        ("Extension.Installed", "Extension", Category::Create, true),
        ("Extension.Listed", "Extension", Category::Access, false),
        ("Token.Used", "Token", Category::Execute, false),
        ("Token.Used", "Token", Category::Unknown, false),
        ("Git.RefUpdated", "Git", Category::Modify, false),
        ("TokenX.Changed", "Tokens", Category::Modify, false),
    ] {
        let mut entry = entry(0, None, action, OFFICE);
        (entry.area, entry.category) = (area.to_owned(), category);
        assert_eq!(is_sensitive(&entry), expected, "{action}");
    }
}

#[test]
fn cut_ids_are_those_of_one_token_or_of_nobody() {
    let mut cut = entry(-5, Some(ID), "Git.Cut", OFFICE);
    cut.mechanism.truncate(64);
    let whole = entry(-4, Some(ID), "Git.Whole", OFFICE);
    let stranger = entry(-3, Some(TWIN), "Git.Stranger", OFFICE);
    let log = vec![cut, whole, stranger];
    let alone = facts(vec![pat(ID, "a C3ID", "ci")], log.clone());
    let (events, uncertain, _) = told(&alone, leak(None));
    assert_eq!((events.len(), uncertain), (2, 0));
    let both = vec![pat(ID, "a C3ID", "ci"), pat(TWIN, "another", "cd")];
    let (events, uncertain, _) = told(&facts(both, log.clone()), leak(None));
    assert_eq!((events.len(), uncertain), (1, 1));
    assert_eq!(events[0].0, "Git.Whole");
    // The journal knows a token that no list holds any more.
    let gone = Leak {
        authorization_id: Some(ID.to_uppercase()),
        ..leak(None)
    };
    let (events, uncertain, _) = told(&facts(Vec::new(), log.clone()), gone);
    assert_eq!((events.len(), uncertain), (2, 0));
    // Of a token that nobody knows nothing is told.
    let (events, uncertain, _) = told(&facts(Vec::new(), log), leak(None));
    assert_eq!((events.len(), uncertain), (0, 0));
}

#[test]
fn dates_that_cannot_be_right_are_not_believed() {
    let facts = facts(vec![pat(ID, "a C3ID", "ci")], Vec::new());
    for (claimed, at, doubt, baseline) in [
        (Some(-10), Some(-10), None, Baseline::Whole),
        (Some(-81), Some(-81), None, Baseline::Partial(9)),
        (
            Some(-82),
            Some(-80),
            Some(Doubt::BeforeIssue),
            Baseline::Partial(10),
        ),
        (
            Some(-400),
            Some(-80),
            Some(Doubt::BeforeIssue),
            Baseline::Partial(10),
        ),
        (Some(1), Some(1), None, Baseline::Whole),
        (Some(2), None, Some(Doubt::Future), Baseline::None),
        (None, None, None, Baseline::None),
    ] {
        let leaks = [leak(claimed)];
        let timelines = timelines(&facts, &leaks, Timestamp(NOW));
        let exposed = Exposed {
            at: at.map(days),
            doubt,
        };
        assert_eq!(
            (timelines[0].exposed, timelines[0].baseline),
            (exposed, baseline),
            "{claimed:?}"
        );
    }
}

#[test]
fn how_it_ended_is_told_by_whoever_knows() {
    let revoked = |name: &str| {
        let mut entry = entry(-2, None, "Token.PatRevokeEvent", OFFICE);
        entry.data.insert("DisplayName".to_owned(), name.to_owned());
        entry
    };
    let by_log = Revocation::At(days(-2), RevokedBy::AuditLog);
    let by_journal = Revocation::At(days(-3), RevokedBy::Journal);
    for (is_valid, to, journal, logged, expected) in [
        (Some(true), 20, None, None, Revocation::Not),
        (None, 20, None, None, Revocation::Not),
        (Some(false), 20, None, None, Revocation::SomeTime),
        (Some(false), 20, None, Some("ci"), by_log),
        (Some(false), 20, None, Some("cd"), Revocation::SomeTime),
        // A name that another token has, too, tells nothing.
        (Some(false), 20, None, Some("twins"), Revocation::SomeTime),
        (Some(true), 20, None, Some("ci"), Revocation::Not),
        (Some(false), 20, Some(-3), Some("ci"), by_journal),
        (
            Some(true),
            20,
            Some(-3),
            None,
            Revocation::Accepted(days(-3)),
        ),
        (Some(false), -5, None, None, Revocation::Expired(days(-5))),
        (
            Some(false),
            -5,
            Some(-3),
            None,
            Revocation::Expired(days(-5)),
        ),
        (Some(false), -1, Some(-3), None, by_journal),
    ] {
        let is_twin = logged == Some("twins");
        let name = if is_twin { "twins" } else { "ci" };
        let mut one = pat(ID, "a C3ID", name);
        (one.is_valid, one.record.valid_to) = (is_valid, Some(days(to)));
        let other = is_twin.then(|| pat(TWIN, "another", name));
        let pats = std::iter::once(one).chain(other).collect();
        let facts = facts(pats, logged.map(revoked).into_iter().collect());
        let leaks = [Leak {
            acted: journal.map(|at| acted(at, true)).into_iter().collect(),
            ..leak(None)
        }];
        let timelines = timelines(&facts, &leaks, Timestamp(NOW));
        assert_eq!(
            timelines[0].revocation, expected,
            "{is_valid:?} {to} {journal:?} {logged:?}"
        );
    }
    let gone = [Leak {
        acted: vec![acted(-3, true)],
        ..leak(None)
    }];
    let facts = facts(Vec::new(), Vec::new());
    assert_eq!(
        timelines(&facts, &gone, Timestamp(NOW))[0].revocation,
        by_journal
    );
    let unknown = [leak(None)];
    let told = timelines(&facts, &unknown, Timestamp(NOW))[0].revocation;
    assert_eq!(told, Revocation::Unknown);
}

#[test]
fn what_comes_after_the_end_is_suspicious() {
    let log = vec![
        entry(-20, None, "Git.Seen", OFFICE),
        entry(-4, Some(ID), "Git.Before", OFFICE),
        entry(-2, Some(ID), "Git.After", OFFICE),
    ];
    let mut ended = pat(ID, "a C3ID", "ci");
    ended.is_valid = Some(false);
    let leak = Leak {
        acted: vec![acted(-3, true)],
        ..leak(Some(-10))
    };
    let (events, ..) = told(&facts(vec![ended], log), leak);
    let expected = [
        ("Git.After".to_owned(), vec![Flag::AfterRevocation]),
        ("Git.Before".to_owned(), vec![]),
    ];
    assert_eq!(events, expected);
}

/// That the service accepted it is not that it works no more.
#[test]
fn what_was_only_accepted_is_not_called_revoked() {
    let accepted = Revocation::Accepted(days(-3));
    for (is_listed, is_valid, expected) in [
        (false, None, accepted),
        (true, Some(true), accepted),
        (true, Some(false), accepted),
        (true, None, accepted),
    ] {
        let mut one = pat(ID, "a C3ID", "ci");
        one.is_valid = is_valid;
        let pats = is_listed.then_some(one).into_iter().collect();
        let facts = facts(pats, Vec::new());
        let leaks = [Leak {
            acted: vec![acted(-3, false)],
            ..leak(None)
        }];
        let told = timelines(&facts, &leaks, Timestamp(NOW))[0].revocation;
        assert_eq!(told, expected, "{is_listed} {is_valid:?}");
    }
}

/// A person may have taken another token for it before.
#[test]
fn the_last_id_of_the_journal_counts() {
    let wrong = Acted {
        authorization_id: TWIN.to_owned(),
        ..acted(-9, true)
    };
    let leaks = [Leak {
        acted: vec![wrong, acted(-3, true)],
        ..leak(None)
    }];
    let facts = facts(Vec::new(), Vec::new());
    let timelines = timelines(&facts, &leaks, Timestamp(NOW));
    assert_eq!(
        (
            timelines[0].authorization_id,
            &*timelines[0].others,
            timelines[0].revocation
        ),
        (
            Some(ID),
            &[TWIN][..],
            Revocation::At(days(-3), RevokedBy::Journal)
        )
    );
}
