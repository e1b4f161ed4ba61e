//! What the id, the digest and the seals of a plan cover.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

fn order(organization: &str, c3id: &str, authorization_id: &str) -> Order {
    Order {
        organization: organization.to_owned(),
        c3id: c3id.to_owned(),
        authorization_id: authorization_id.to_owned(),
        route: Route::Administrator,
        owner: "aad.owner".to_owned(),
        matched: "certain".to_owned(),
        grounds: Grounds::default(),
    }
}

#[test]
fn the_id_is_that_of_what_is_ordered() {
    let (a, b) = (order("contoso", "A", "1"), order("contoso", "B", "2"));
    let plan = Plan::new([a.clone(), b.clone()]);
    let text = r#"[["contoso","A","1","administrator"],["contoso","B","2","administrator"]]"#;
    let expected = HEXLOWER.encode(&Sha256::digest(text));
    assert_eq!(plan.id(), expected);
    assert_eq!(Plan::new([b.clone(), a.clone(), b.clone()]), plan);
    for other in [
        order("fabrikam", "A", "1"),
        order("contoso", "C", "1"),
        order("contoso", "A", "3"),
        Order {
            route: Route::Owner,
            ..a.clone()
        },
    ] {
        assert_ne!(Plan::new([other, b.clone()]).id(), expected);
    }
    assert_ne!(Plan::new([a]).id(), expected);
}

fn notice(c3id: &str) -> Notice {
    Notice {
        c3id: c3id.to_owned(),
        organization: Some("contoso".to_owned()),
        name: Some("build agent".to_owned()),
        ..Notice::default()
    }
}

/// A plan with two orders and a notice of something else, in a file.
fn saved(path: &Path) -> Plan {
    let told = Notice {
        left_because: Some("it is allowed".to_owned()),
        ..notice("C")
    };
    let plan = Plan::new([order("contoso", "A", "1"), order("contoso", "B", "2")])
        .with_notices(vec![notice("A"), notice("B"), told])
        .with_leaks(["D".to_owned()])
        .made_at(Timestamp(1_800_000_000));
    plan.save(path).unwrap();
    plan
}

#[test]
fn a_file_is_taken_as_it_was_written_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    let plan = saved(&path);
    assert_eq!(Plan::load(&path).unwrap(), plan);
    let again = plan.save(&path);
    assert!(matches!(again, Err(PlanError::Write { .. })), "{again:?}");
    let document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(document["digest"], plan.digest());
    let check = |pointer: &str, value: Value, expected: &str| {
        let mut document = document.clone();
        *document.pointer_mut(pointer).expect(pointer) = value;
        fs::write(&path, document.to_string()).unwrap();
        let error = Plan::load(&path).unwrap_err().to_string();
        let error = error.replace(&path.display().to_string(), "FILE");
        assert_eq!(error, expected, "{pointer}");
    };
    let first = "the plan FILE was changed: what it orders about A at contoso";
    let second = "the plan FILE was changed: what it orders about B at contoso";
    let other = "the plan FILE was changed: its digest does not fit what it holds";
    let foreign = "FILE is no plan of this version";
    check("/orders/0/authorization_id", json!("2"), first);
    check("/orders/1/owner", json!("aad.other"), second);
    check("/orders/1/matched", json!("asserted"), second);
    check("/orders/1/matched", json!("ambiguous"), second);
    check("/orders/0/grounds/because", json!("it is on"), first);
    check("/orders/0/grounds/accepted_at", json!(1_800_000_000), first);
    check("/orders/0/grounds/exposure_rechecked", json!(true), first);
    check("/notices/0/name", json!("another"), first);
    check("/notices/2/left_because", json!("another"), other);
    check("/leaks", json!([]), other);
    check("/made_at", json!("2027-01-16T00:00:00Z"), other);
    check("/made_at", json!("soon"), other);
    check("/plan", json!("0".repeat(64)), other);
    check("/digest", json!("0".repeat(64)), other);
    check("/seals/0", json!("0".repeat(64)), first);
    check("/seals", json!([document["seals"][0]]), other);
    check("/orders", json!([document["orders"][0]]), other);
    check("/schema", json!("patsweep-plan/2"), foreign);
    check("/orders/0", json!({}), foreign);
    let missing = Plan::load(&folder.path().join("none"));
    assert!(matches!(missing, Err(PlanError::Read { .. })));
}

#[test]
fn the_digest_covers_what_the_id_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let plan = saved(&folder.path().join("plan.json"));
    let later = plan.clone().made_at(Timestamp(1_800_000_001));
    let told = plan.clone().with_notices(vec![notice("A")]);
    for other in [later, told, plan.clone().with_leaks([])] {
        assert_eq!(other.id(), plan.id());
        assert_ne!(other.digest(), plan.digest());
    }
}

#[test]
fn one_token_of_the_service_is_not_two_that_leaked() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, other: Order, expected: Option<&str>| {
        let path = folder.path().join(name);
        let plan = Plan::new([order("contoso", "A", "id-1"), other]);
        plan.save(&path).unwrap();
        let error = Plan::load(&path).err().map(|error| error.to_string());
        let error = error.map(|it| it.replace(&path.display().to_string(), "FILE"));
        assert_eq!(error.as_deref(), expected, "{name}");
    };
    let twice = "the plan FILE takes two leaked tokens for one: id-1 at contoso";
    check("one", order("Contoso", "B", "ID-1"), Some(twice));
    check("another", order("contoso", "B", "id-2"), None);
    check("elsewhere", order("fabrikam", "B", "id-1"), None);
}
