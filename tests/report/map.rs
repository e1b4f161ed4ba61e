//! The map: what tokens can do, as a tree and as JSON.

use patsweep::model::{
    Answer, BlastRadius, Consumer, FindingId, FullAccess, Harm, IssueMonth, Owner, Reach, Reached,
    ScopeFact, ScopeFit, ScopeSource, ScopeState, Secret, Timestamp, Unprobed, ValidityReason,
};
use patsweep::report::map::{MapFormat, MapOptions, write};
use patsweep::report::{Color, Redactor, is_report};

use crate::sample::{NOW, token};

/// 2026-12-01T23:59:59Z.
const LAST_GLOBAL: Timestamp = Timestamp(1_796_169_599);

fn fact(scope: &str, state: ScopeState, harm: Harm) -> ScopeFact {
    ScopeFact {
        scope: scope.to_owned(),
        allows: Some("do something"),
        state,
        source: None,
        implied_by: None,
        lacks_permission: false,
        harm,
    }
}

pub(crate) fn consumer(name: &str, why: &str) -> Consumer {
    Consumer {
        id: name.to_lowercase(),
        name: name.to_owned(),
        fit: ScopeFit::Exact,
        why: vec![why.to_owned(), "its scopes fit".to_owned()],
        keeps: "in a variable".to_owned(),
        rotate: vec!["Make a new token".to_owned(), "Replace it".to_owned()],
        lifetime: None,
        instead: None,
        source: "https://example.com/docs".to_owned(),
        read_on: "2026-11-22".to_owned(),
    }
}

fn reached(organization: &str, reach: Reach) -> Reached {
    Reached {
        reach,
        organization: organization.to_owned(),
    }
}

/// One that the administrator's list tells all about.
fn listed() -> BlastRadius {
    let mut implied = fact("code", ScopeState::Held, Harm::Medium);
    implied.implied_by = Some("code_write".to_owned());
    let mut unknown = fact("new", ScopeState::Held, Harm::Unknown);
    unknown.allows = None;
    let mut likely = consumer("Renovate", "it stands in config.js");
    likely.lifetime = Some("12 months".to_owned());
    likely.instead = Some("a managed identity".to_owned());
    BlastRadius {
        id: FindingId::C3id("A".repeat(20)),
        redacted: "AAAA…zzzz".to_owned(),
        validity: ValidityReason::Live,
        checked_at: Some(NOW),
        name: Some("ci".to_owned()),
        owner: Some(Owner {
            id: Some("d6245f20".to_owned()),
            descriptor: Some("aad.ABC".to_owned()),
            name: Some("Normal Paulk".to_owned()),
            account: Some("user@contoso.com".to_owned()),
        }),
        organizations: vec![
            reached("contoso", Reach::Accepted),
            reached("fabrikam", Reach::Membership),
            reached("adatum", Reach::Refused),
        ],
        is_global: Answer::Yes,
        full_access: FullAccess::No,
        scopes_from: Some(ScopeSource::Inventory),
        unprobed: None,
        scopes: vec![
            fact("code_write", ScopeState::Held, Harm::Critical),
            unknown,
            implied,
        ],
        harm: Harm::Critical,
        harm_reason: "code_write (do something)".to_owned(),
        is_at_least: false,
        issued_month: None,
        issued: Some(Timestamp(NOW.0 - 86_400)),
        expires: Some(Timestamp(NOW.0 + 86_400)),
        consumers: vec![likely, consumer("Snyk Broker", "`TOKEN` stands with it")],
    }
}

/// One that was probed.
fn probed() -> BlastRadius {
    let mut graph = fact("graph", ScopeState::Held, Harm::Medium);
    graph.lacks_permission = true;
    let mut scopes = vec![graph];
    scopes.push(fact("build", ScopeState::NotHeld, Harm::Medium));
    scopes.push(fact("work", ScopeState::Unknown, Harm::Medium));
    let not_probed = (0..10).map(|n| fact(&format!("s{n}"), ScopeState::NotProbed, Harm::Low));
    scopes.extend(not_probed);
    scopes.push(fact(
        "code_write",
        ScopeState::CannotBeProbed,
        Harm::Critical,
    ));
    BlastRadius {
        id: FindingId::C3id("B".repeat(20)),
        redacted: "BBBB…zzzz".to_owned(),
        checked_at: None,
        name: None,
        owner: None,
        organizations: Vec::new(),
        is_global: Answer::Unknown,
        full_access: FullAccess::No,
        scopes_from: Some(ScopeSource::Probe),
        scopes,
        harm: Harm::Medium,
        harm_reason: "graph (do something)".to_owned(),
        is_at_least: true,
        issued_month: Some(IssueMonth {
            year: 2026,
            month: 11,
        }),
        issued: None,
        expires: None,
        consumers: Vec::new(),
        ..listed()
    }
}

/// One of which nothing is known.
fn unknown() -> BlastRadius {
    BlastRadius {
        id: FindingId::C3id("C".repeat(20)),
        redacted: "CCCC…zzzz".to_owned(),
        validity: ValidityReason::NotAttempted,
        is_global: Answer::No,
        full_access: FullAccess::Unknown,
        scopes_from: None,
        unprobed: Some(Unprobed::NotLetIn),
        scopes: Vec::new(),
        harm: Harm::Unknown,
        harm_reason: "nobody asked what it may do".to_owned(),
        is_at_least: false,
        issued_month: None,
        ..probed()
    }
}

fn written(radii: &[BlastRadius], format: MapFormat, color: Color, now: Timestamp) -> String {
    let token = Secret::new(token('A').as_bytes());
    let options = MapOptions {
        redactor: &Redactor::of([&token], []),
        color,
        now,
    };
    let mut out = Vec::new();
    write(radii, format, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(radii: &[BlastRadius]) -> String {
    written(radii, MapFormat::Text, Color::Plain, NOW)
}

#[test]
fn a_tree_for_people() {
    assert_eq!(
        text(&[listed(), probed(), unknown()]),
        include_str!("golden/map.txt")
    );
}

#[test]
fn json() {
    let golden = include_str!("golden/map.json").replace("{VERSION}", env!("CARGO_PKG_VERSION"));
    let radii = [listed(), probed(), unknown()];
    assert_eq!(written(&radii, MapFormat::Json, Color::Plain, NOW), golden);
}

#[test]
fn a_map_is_known_as_one() {
    for format in MapFormat::ALL {
        for color in [Color::Plain, Color::Ansi] {
            let written = written(&[listed()], format, color, NOW).into_bytes();
            assert!(is_report(&written, &written), "{format:?} {color:?}");
            assert!(
                !is_report(&written[1..], b"cut off"),
                "{format:?} {color:?}"
            );
        }
    }
    assert!(!is_report(b"the plan: a, id b\n", b"3 tokens: all\n"));
}

#[test]
fn nothing_is_a_map_too() {
    assert_eq!(text(&[]), "0 tokens\n");
}

#[test]
fn colours_only_when_told_and_the_same_words() {
    let radii = [listed(), probed(), unknown()];
    let coloured = written(&radii, MapFormat::Text, Color::Ansi, NOW);
    assert!(
        coloured.starts_with("\u{1b}[1m\u{1b}[31mcritical\u{1b}[0m"),
        "{coloured}"
    );
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        text(&radii)
    );
}

#[test]
fn global_tokens_are_past_after_their_last_day() {
    let said = |now| {
        let text = written(&[listed()], MapFormat::Text, Color::Plain, now);
        let line = text
            .lines()
            .find(|line| line.starts_with("├─ global: "))
            .unwrap();
        line.rsplit_once("; ").unwrap().1.to_owned()
    };
    assert_eq!(
        said(LAST_GLOBAL),
        "global tokens stop working on 2026-12-01"
    );
    assert_eq!(
        said(Timestamp(LAST_GLOBAL.0 + 1)),
        "global tokens stopped working on 2026-12-01"
    );
}

#[test]
fn full_access_is_named_as_such() {
    let said = |full_access| {
        let radius = BlastRadius {
            full_access,
            ..listed()
        };
        let text = text(&[radius]);
        let line = text
            .lines()
            .find(|line| line.starts_with("├─ full access: "))
            .unwrap();
        line.trim_start_matches("├─ full access: ").to_owned()
    };
    assert_eq!(
        said(FullAccess::Certain),
        "yes, it may do all that its owner may"
    );
    assert_eq!(
        said(FullAccess::Probable),
        "probably, for it holds every right to read that was probed"
    );
}

#[test]
fn what_the_service_and_files_say_is_redacted_and_written_out() {
    let hostile = format!("x\u{1b}[2J\u{202e}\n{}", token('A'));
    let mut radius = listed();
    radius.name = Some(hostile.clone());
    radius.owner = Some(Owner {
        id: Some(hostile.clone()),
        descriptor: Some(hostile.clone()),
        name: Some(hostile.clone()),
        account: Some(hostile.clone()),
    });
    radius.organizations = vec![reached(&hostile, Reach::Accepted)];
    let mut scope = fact(&hostile, ScopeState::Held, Harm::Unknown);
    scope.implied_by = Some(hostile.clone());
    radius.scopes = vec![scope, fact(&hostile, ScopeState::Held, Harm::Low)];
    radius.harm_reason.clone_from(&hostile);
    radius.consumers = vec![consumer("Renovate", &hostile)];
    for format in MapFormat::ALL {
        let written = written(&[radius.clone()], format, Color::Plain, NOW);
        assert!(!written.contains(&token('A')), "{written}");
        assert!(!written.contains(['\u{1b}', '\u{202e}']), "{written}");
        let clean = match format {
            MapFormat::Text => r"x\u{1b}[2J\u{202e}\nAAAA…zzzz",
            MapFormat::Json => r"x\u001b[2J\u202e\nAAAA…zzzz",
        };
        let expected = match format {
            // The owner by name; the account is the same, id and descriptor are for programs.
            MapFormat::Text => 7,
            MapFormat::Json => 11,
        };
        assert_eq!(written.matches(clean).count(), expected, "{written}");
    }
}
