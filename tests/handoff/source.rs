//! Files that are read again, and those that are not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use patsweep::handoff::report::{Handed, Recorded, Reported};
use patsweep::handoff::source::{self, Again};
use patsweep::model::{BytePath, Clue, Evidence, FindingId, SourceKind, ValueFrom};
use patsweep::sources::Options;
use patsweep::token::{jwt, mint};

use crate::world::{World, again, id, secret};

/// The tokens that were found, which must be these and no others.
pub(crate) fn assert_found(again: &Again, tokens: &[&str]) {
    let values = again.values.iter();
    let found: BTreeSet<_> = values
        .map(|(id, value)| (id.clone(), value.secret.clone()))
        .collect();
    let expected: BTreeSet<_> = tokens.iter().map(|it| (id(it), secret(it))).collect();
    assert_eq!(found, expected, "{:?}", again.unavailable);
    for token in tokens {
        assert_eq!(again.values.from(&id(token)), ValueFrom::Source);
        assert!(!again.unavailable.contains_key(&id(token)));
    }
}

pub(crate) fn why(again: &Again, token: &str) -> String {
    assert_eq!(again.values.of(&id(token)), None);
    again.unavailable[&id(token)].to_string()
}

pub(crate) fn organizations(again: &Again, token: &str) -> Vec<(String, Evidence)> {
    let clues = again.values.of(&id(token)).unwrap().organizations.iter();
    clues
        .map(|clue| (clue.organization.clone(), clue.evidence))
        .collect()
}

pub(crate) fn file(path: &str) -> Recorded {
    Recorded {
        source: SourceKind::File,
        path: BytePath::from(path),
        position: None,
        encodings: Vec::new(),
        repository: None,
        object: None,
        commit: None,
        reachable: None,
        kept_by: None,
    }
}

/// A report that says that `token` stands in these places.
pub(crate) fn says(token: &str, occurrences: Vec<Recorded>) -> Handed {
    Handed {
        targets: vec![BytePath::from(".")],
        is_incomplete: false,
        findings: vec![Reported {
            id: id(token),
            rule: "azure-devops-pat".to_owned(),
            expires: None,
            exposure: None,
            occurrences,
        }],
    }
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, contents) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(contents.len() as u64);
        tar.append_data(&mut header, name, *contents).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn files_are_read_again_as_they_were_named() {
    let world = World::new();
    let tokens = [mint::pat(1), mint::legacy_pat(2), mint::pat(3)];
    let [plain, packed, deep] = &tokens;
    let inner = tar(&[("x/.env", format!("A={deep}\n").as_bytes())]);
    world.write("src/a b!/.env", format!("A={plain}\n"));
    world.write(
        "src/dist.tar",
        tar(&[("n", b"x"), ("p", packed.as_bytes()), ("i.tar", &inner)]),
    );
    let tree = world.tree();
    let absolute = tree.to_str().unwrap().to_owned();
    let all = [plain.as_str(), packed, deep];
    for (folder, targets, root) in [
        (&*tree, &[][..], tree.clone()),
        (&*tree, &["src"], tree.clone()),
        (&*tree, &["./src/."], tree.clone()),
        (&*tree, &["src"], tree.join("src")),
        (&*tree, &["src/dist.tar", "src/a b!"], tree.clone()),
        (&*tree, &[absolute.as_str()], tree.clone()),
        (&*tree, &[absolute.as_str()], tree.join(".")),
        (world.path(), &["tree"], tree.clone()),
        (&tree.join("src"), &["../../tree"], tree.clone()),
        (Path::new("/"), &[absolute.as_str()], tree.clone()),
    ] {
        let report = world.scan_of(folder, targets);
        assert_eq!(report.findings.len(), 3);
        assert_found(&again(&root, &report), &all);
    }
    // A file that was given itself.
    let report = world.scan_of(&tree, &["src/dist.tar"]);
    assert_found(&again(&tree.join("src/dist.tar"), &report), &all[1..]);
    // Somewhere else nothing is guessed.
    let report = world.scan_of(&tree, &["src"]);
    let again = again(&world.write("other/x", "").tree().join("other"), &report);
    assert_found(&again, &[]);
    assert_eq!(
        why(&again, plain),
        "cannot read src/a b!/.env again: it is not there any more"
    );
}

#[test]
fn what_has_changed_is_not_guessed() {
    let world = World::new();
    let tokens = [mint::pat(1), mint::pat(2), mint::pat(3)];
    for (name, token) in ["a", "b", "c"].iter().zip(&tokens) {
        world.write(name, token);
    }
    let report = world.scan();
    world.write("a", mint::pat(9));
    fs::remove_file(world.tree().join("b")).unwrap();
    let again = world.again(&report);
    assert_found(&again, &[&tokens[2]]);
    assert_eq!(
        why(&again, &tokens[0]),
        "a does not hold the token any more"
    );
    assert_eq!(
        why(&again, &tokens[1]),
        "cannot read b again: it is not there any more"
    );
}

#[test]
fn whatever_is_read_is_searched_for_all() {
    let world = World::new();
    let (one, two) = (mint::pat(1), mint::pat(2));
    world
        .write("a", format!("{two}\n"))
        .write("b", format!("{one}\n{two}\n"));
    let mut report = says(&one, vec![file("gone"), file("b")]);
    report
        .findings
        .extend(says(&two, vec![file("gone")]).findings);
    assert_found(&world.again(&report), &[&one, &two]);
    // What is not wanted is not kept.
    let wanted = BTreeSet::from([id(&two)]);
    let stop = AtomicBool::new(false);
    let read = |stop| source::read(&world.tree(), &report, &wanted, &Options::default(), stop);
    let again = read(&stop).unwrap();
    assert_found(&again, &[]);
    assert_eq!(again.unavailable.keys().collect::<Vec<_>>(), [&id(&two)]);
    let again = read(&AtomicBool::new(true)).unwrap();
    assert_eq!(why(&again, &two), "it was interrupted");
}

#[test]
fn organizations_are_found_again_and_not_believed() {
    let world = World::new();
    let token = mint::pat(1);
    world.write(
        "a",
        format!("https://x:{token}@dev.azure.com/contoso/_git/r\n"),
    );
    let report = world.run(&["scan", "-f", "json"]).stdout;
    let report = String::from_utf8(report)
        .unwrap()
        .replace("contoso", "attacker");
    let report = patsweep::handoff::report::read_from(&mut report.as_bytes()).unwrap();
    let again = world.again(&report);
    assert_eq!(
        organizations(&again, &token),
        [("contoso".to_owned(), Evidence::Entry)]
    );
}

#[test]
fn nothing_outside_of_the_root_is_read() {
    let world = World::new();
    let token = mint::pat(1);
    let outside = world.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), &token).unwrap();
    world.write("sub/x", "");
    let absolute = outside.join("f").to_str().unwrap().to_owned();
    let elsewhere = "its path leads elsewhere";
    let gone = "it is not there any more";
    let refused = |path: &str, target: &str, expected: &str| {
        let mut report = says(&token, vec![file(path)]);
        report.targets = vec![BytePath::from(target)];
        let again = world.again(&report);
        assert_found(&again, &[]);
        let expected = format!("cannot read {path} again: {expected}");
        assert_eq!(why(&again, &token), expected, "{target}");
    };
    for path in [
        "../outside/f",
        "sub/../../outside/f",
        "./../outside/f",
        "../outside/f!/x",
        "sub/../../outside/f!/x!/y",
        "..",
        "/",
        &absolute,
        &format!("/{absolute}"),
        "/proc/self/environ",
    ] {
        for target in [".", "..", "/", "sub", ""] {
            // Below what was scanned a path is taken to be below the root.
            let is_below = match target {
                "/" => path.starts_with('/') && path.len() > 1 && !path.starts_with("//"),
                ".." => path.starts_with("../"),
                _ => false,
            };
            if is_below {
                let mut report = says(&token, vec![file(path)]);
                report.targets = vec![BytePath::from(target)];
                assert_found(&world.again(&report), &[]);
            } else {
                refused(path, target, elsewhere);
            }
        }
    }
    refused(
        "sub\0",
        ".",
        "cannot read it: file name contained an unexpected NUL byte",
    );
    refused("sub", ".", "it is no file");
    refused("sub/x/y", ".", gone);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(&outside, world.tree().join("folder")).unwrap();
        symlink("../outside/f", world.tree().join("link")).unwrap();
        symlink("sub", world.tree().join("inner")).unwrap();
        let link = "a link leads to it";
        for path in ["link", "link!/x", "folder/f", "folder", "inner/x"] {
            refused(path, ".", link);
        }
        let report = says(
            &token,
            vec![Recorded {
                path: BytePath(b"\xff/../../outside/f".to_vec()),
                ..file("")
            }],
        );
        assert_found(&world.again(&report), &[]);
        let fifo = world.tree().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        refused("fifo", ".", "it is no file");
        // The root itself may be one.
        let root = world.path().join("root");
        symlink(&outside, &root).unwrap();
        assert_found(&again(&root, &says(&token, vec![file("f")])), &[&token]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn system_folders_are_not_entered() {
    let token = mint::pat(1);
    let report = says(&token, vec![file("proc/self/environ")]);
    assert_eq!(
        why(&again(Path::new("/"), &report), &token),
        "cannot read proc/self/environ again: it is in a system folder"
    );
}

#[cfg(unix)]
#[test]
fn paths_that_are_not_utf_8_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let token = mint::pat(1);
    let name = std::ffi::OsStr::from_bytes(b"a\xff.env");
    if fs::write(world.tree().join(name), &token).is_err() {
        return eprintln!("skipped: names are UTF-8 here");
    }
    assert_found(&world.again(&world.scan()), &[&token]);
}

#[test]
fn only_what_can_be_had_is_looked_for() {
    let world = World::new();
    let token = mint::pat(1);
    world.write("a", &token);
    let mut report = says(&token, vec![file("a")]);
    for rule in [
        "azure-devops-oauth-token",
        "azure-devops-pat-unproven",
        "contoso-key",
    ] {
        rule.clone_into(&mut report.findings[0].rule);
        assert_eq!(
            why(&world.again(&report), &token),
            "its rule proves no token"
        );
    }
    let no_place = "no place is recorded that can be read again";
    let stdin = Recorded {
        source: SourceKind::Stdin,
        ..file("-")
    };
    for places in [vec![], vec![stdin], vec![file("")]] {
        assert_eq!(why(&world.again(&says(&token, places)), &token), no_place);
    }
    let missing = world.path().join("none");
    let error = source::read(
        &missing,
        &report,
        &BTreeSet::new(),
        &Options::default(),
        &AtomicBool::new(false),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        format!("cannot find {}", missing.display())
    );
    let oauth = mint::oauth_token(1, jwt::ISSUER_HOST, None);
    world.write("b", &oauth);
    assert_found(&world.again(&says(&oauth, vec![file("b")])), &[]);
}

#[test]
fn values_are_joined_in_the_order_of_preference() {
    use patsweep::handoff::{Value, Values};
    let token = mint::pat(1);
    let value = |from, named: &[(&str, Evidence)]| Value {
        secret: secret(&token),
        organizations: named
            .iter()
            .map(|(name, evidence)| Clue {
                organization: (*name).to_owned(),
                evidence: *evidence,
            })
            .collect(),
        from,
    };
    let mut values = Values::default();
    let unknown = FindingId::C3id("a".repeat(20));
    assert_eq!(values.from(&unknown), ValueFrom::None);
    values.add(
        id(&token),
        value(
            ValueFrom::Source,
            &[("a", Evidence::Nearby), ("b", Evidence::Remote)],
        ),
    );
    values.add(
        id(&token),
        value(
            ValueFrom::Sealed,
            &[("b", Evidence::Entry), ("c", Evidence::Nearby)],
        ),
    );
    values.add(id(&token), value(ValueFrom::Stdin, &[]));
    let expected = value(
        ValueFrom::Source,
        &[
            ("b", Evidence::Entry),
            ("a", Evidence::Nearby),
            ("c", Evidence::Nearby),
        ],
    );
    assert_eq!((values.len(), values.of(&id(&token))), (1, Some(&expected)));
}
