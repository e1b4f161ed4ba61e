//! Fills the service: who is there, and one token at least in every state.
//!
//! | state | what the service does with it |
//! |---|---|
//! | `active` | accepts it at its organisation |
//! | `active_elsewhere` | knows its owner, who is not a member of the organisation (row D) |
//! | `blocked` | Conditional Access refuses its owner from here (row F) |
//! | `global_blocked` | the organisation refuses global tokens (row E) |
//! | `expired` | refuses it and says so (row C') |
//! | `refused` | refuses it without a word (row C), and no inventory lists it |
//! | `revoked` | refuses it without a word; the inventory lists it as not valid |
//! | `disabled_owner` | refuses it without a word, while the inventory lists it as valid |
//! | `unknown` | never issued it (row B or B') |

use patsweep::model::IssueMonth;
use patsweep::token::mint;

use super::state::{
    Event, Issued, NewPat, Organization, Principal, Revocation, Standing, World, generation, guid,
    id_of, number,
};
use super::time::{self, DAY};
use super::{Options, sign_in};

/// Organisations by index.
const CONTOSO: usize = 0;
const FABRIKAM: usize = 1;
const NORTHWIND: usize = 2;

/// Builds the world that `options` ask for.
pub(crate) fn world(options: Options) -> World {
    let seed = options.seed;
    let secret = guid(seed, "client secret");
    let mut world = World {
        seed,
        started: time::machine_now(),
        advanced: 0,
        url: String::new(),
        elsewhere: String::new(),
        tenant: guid(seed, "tenant"),
        client_id: guid(seed, "client"),
        // In the shape of an Entra secret, with an id where that has random letters.
        client_secret: format!("fake-{}", secret.replace('-', "")),
        service_principal_id: guid(seed, "service principal"),
        organizations: Vec::new(),
        users: Vec::new(),
        pats: Vec::new(),
        issued: Vec::new(),
        bearers: std::collections::BTreeMap::new(),
        events: Vec::new(),
        policies: std::collections::BTreeMap::new(),
    };
    for (name, public, blocks_global) in [
        ("contoso", false, true),
        ("fabrikam", false, false),
        ("northwind", true, false),
    ] {
        add_organization(&mut world, name, public, blocks_global);
    }
    people(&mut world);
    tokens(&mut world);
    events(&mut world);
    crowd(&mut world, options);
    world
}

fn add_organization(world: &mut World, name: &str, public: bool, blocks_global: bool) -> usize {
    world.organizations.push(Organization {
        name: name.to_owned(),
        instance_id: world.guid(&format!("organization {name}")),
        public,
        blocks_global,
    });
    world.organizations.len() - 1
}

/// Users by index.
const ADMINISTRATOR: usize = 0;
const NOOR: usize = 1;
const JONAS: usize = 2;
const MIRA: usize = 3;
const TEO: usize = 4;
const PRIYA: usize = 5;
const OLA: usize = 6;
const LIDIA: usize = 7;

fn people(world: &mut World) {
    let all = [CONTOSO, FABRIKAM, NORTHWIND];
    for (name, domain, member_of) in [
        ("Ada Brook", "contoso.example", &all[..]),
        ("Noor Vance", "contoso.example", &[CONTOSO, NORTHWIND]),
        ("Jonas Weber", "contoso.example", &all),
        ("Mira Castell", "fabrikam.example", &[FABRIKAM]),
        ("Teo Lindqvist", "contoso.example", &[CONTOSO]),
        ("Priya Raman", "contoso.example", &[CONTOSO, FABRIKAM]),
        ("Ola Hansen", "contoso.example", &[CONTOSO]),
        ("Lidia Holloway", "contoso.example", &[CONTOSO]),
    ] {
        world.add_user(name, domain, member_of);
    }
    world.users[ADMINISTRATOR].administrator = true;
    world.users[JONAS].allow_listed = true;
    world.users[TEO].standing = Standing::Fenced;
    world.users[OLA].standing = Standing::Disabled;
}

/// A row of the table of tokens: label, state, legacy, owner, scope, targets, days ago, days left.
type Row = (
    &'static str,
    &'static str,
    bool,
    usize,
    &'static str,
    Option<&'static [usize]>,
    i64,
    i64,
);

/// Every token that is told about, apart from unknown ones.
#[rustfmt::skip] // a table
const TOKENS: [Row; 15] = [
    ("build agent", "active", false, NOOR, "app_token", Some(&[CONTOSO]), 200, 90),
    ("git: laptop", "active", true, NOOR, "vso.code", Some(&[CONTOSO]), 500, 30),
    ("everywhere", "active", false, JONAS, "app_token", None, 120, 200),
    ("public site", "active", false, NOOR, "vso.code vso.project", Some(&[NORTHWIND]), 60, 100),
    ("terraform", "active_elsewhere", false, MIRA, "vso.project_manage", Some(&[FABRIKAM]), 90, 40),
    ("old terraform", "active_elsewhere", true, MIRA, "vso.code_write", Some(&[FABRIKAM]), 300, 40),
    ("from the office", "blocked", false, TEO, "vso.build_execute", Some(&[CONTOSO]), 80, 60),
    ("all organisations", "global_blocked", false, PRIYA, "vso.work_write", None, 70, 60),
    ("last year", "expired", false, LIDIA, "vso.packaging", Some(&[CONTOSO]), 600, -200),
    ("older", "expired", true, LIDIA, "vso.code", Some(&[CONTOSO]), 900, -500),
    ("long gone", "refused", false, LIDIA, "vso.code", Some(&[CONTOSO]), 400, 100),
    ("long gone, old", "refused", true, LIDIA, "vso.code", Some(&[CONTOSO]), 700, 100),
    ("withdrawn", "revoked", false, LIDIA, "vso.code_full", Some(&[CONTOSO]), 100, 120),
    ("withdrawn, old", "revoked", true, LIDIA, "app_token", Some(&[CONTOSO]), 650, 120),
    ("who left", "disabled_owner", false, OLA, "app_token", Some(&[CONTOSO]), 110, 120),
];

fn tokens(world: &mut World) {
    for (label, state, legacy, owner, scope, targets, issued_days, valid_days) in TOKENS {
        let pat = world.add_pat(NewPat {
            label,
            legacy,
            owner,
            scope,
            targets: targets.map(<[usize]>::to_vec),
            issued_days,
            valid_days,
        });
        let long_ago = world.started - 30 * DAY;
        let known = &mut world.pats[pat];
        match state {
            "refused" | "revoked" => {
                known.forgotten = state == "refused";
                known.revoked = Some(Revocation {
                    refused_from: long_ago,
                    listed_from: long_ago,
                });
            }
            // What `isValid` says of an expired token is a guess: both are here.
            "expired" => known.listed_valid = !legacy,
            _ => {}
        }
        let at = if label == "public site" {
            NORTHWIND
        } else {
            CONTOSO
        };
        world.tell(pat, state, at);
    }
    look_alikes(world);
    for (label, legacy) in [("unknown", false), ("unknown, old", true)] {
        let seed = number(world.seed, label);
        let (year, month) = (2025, 11);
        let token = if legacy {
            mint::legacy_pat(seed)
        } else {
            mint::pat_issued(seed, IssueMonth { year, month })
        };
        world.issued.push(Issued {
            state: "unknown",
            organization: world.organizations[CONTOSO].name.clone(),
            c3id: id_of(&token),
            authorization_id: None,
            owner: None,
            generation: generation(&token),
            token,
        });
    }
    world.add_pat(NewPat {
        label: "administrator",
        legacy: false,
        owner: ADMINISTRATOR,
        scope: "app_token",
        targets: Some(vec![CONTOSO, FABRIKAM, NORTHWIND]),
        issued_days: 20,
        valid_days: 30,
    });
    let bearer = sign_in::person_token(world, NOOR);
    let expires = world.started + 7 * DAY;
    world
        .bearers
        .insert(bearer, (Principal::Person(NOOR), expires));
}

/// Two tokens of one owner that only their C3IDs tell apart.
fn look_alikes(world: &mut World) {
    for label in ["twin one", "twin two"] {
        let pat = world.add_pat(NewPat {
            label,
            legacy: false,
            owner: LIDIA,
            scope: "vso.code_write",
            targets: Some(vec![CONTOSO]),
            issued_days: 45,
            valid_days: 70,
        });
        world.tell(pat, "active", CONTOSO);
    }
}

/// What the audit log holds before anybody does anything.
fn events(world: &mut World) {
    const OFFICE: &str = "198.51.100.7";
    const STRANGER: &str = "203.0.113.66";
    let (active, now) = (0, world.started);
    let created = |days: i64, name: &str| Event {
        at: now - days * DAY,
        actor: NOOR,
        with: None,
        action: "Token.PatCreateEvent",
        area: "Token",
        category: "create",
        details: format!("Personal Access Token \"{name}\" was created."),
        data: serde_json::json!({ "DisplayName": name }),
        ip: OFFICE,
        agent: "Mozilla/5.0",
    };
    let used = |days: i64, stranger: bool, action: &'static str, area, category| Event {
        at: now - days * DAY,
        actor: NOOR,
        with: Some(active),
        action,
        area,
        category,
        details: format!("{area} was changed."),
        data: serde_json::json!({}),
        ip: if stranger { STRANGER } else { OFFICE },
        agent: if stranger {
            "python-requests/2.32"
        } else {
            "git/2.51"
        },
    };
    world.events = vec![
        used(40, false, "Git.RepositoryCreated", "Git", "create"),
        created(25, "build agent"),
        used(12, false, "Git.RefUpdatePoliciesBypassed", "Git", "modify"),
        used(3, true, "Git.RepositoryDeleted", "Git", "remove"),
        used(2, true, "Extension.Installed", "Extension", "create"),
    ];
}

/// As many more tokens and organisations as `options` ask for, for measuring.
fn crowd(world: &mut World, options: Options) {
    let first = world.organizations.len();
    for number in 1..=options.organizations {
        add_organization(world, &format!("crowd-{number:03}"), false, false);
    }
    let all: Vec<usize> = (first..world.organizations.len()).collect();
    if all.is_empty() {
        return;
    }
    let owner = world.add_user("Crowd Account", "contoso.example", &all);
    world.users[ADMINISTRATOR].member_of.extend(&all);
    let administrator = world.pats.iter_mut();
    for pat in administrator.filter(|pat| pat.owner == ADMINISTRATOR) {
        pat.targets.get_or_insert_default().extend(&all);
    }
    for number in 0..options.tokens {
        let home = all[number % all.len()];
        let pat = world.add_pat(NewPat {
            label: &format!("crowd {number}"),
            legacy: number % 2 == 1,
            owner,
            scope: "vso.code",
            targets: Some(vec![home]),
            issued_days: 30,
            valid_days: 60,
        });
        world.tell(pat, "active", home);
    }
}
