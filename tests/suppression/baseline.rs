//! `patsweep baseline`, and scans with what it wrote.

use std::fs;

use patsweep::token::mint;

use crate::program::World;
use crate::{baseline, commit, entry, git_ok, id, repository};

const FILE: &str = ".patsweep-baseline.json";
const SCAN: &str = "scan --baseline .patsweep-baseline.json";

#[test]
fn a_baseline_covers_a_token_wherever_it_moves() {
    let (known, new) = (mint::pat(1), mint::pat(2));
    let world = World::with("a/.env", format!("PAT={known}\n"));
    repository(&world);
    let added = world.run("baseline add --reason revoked --owner ops");
    let place = "azure-devops-pat  a/.env:1";
    assert_eq!(
        (added.code, added.stdout),
        (
            0,
            format!(
                "added    {}  {place}\n1 added, 0 already there: {FILE}\n",
                id(&known)
            )
        )
    );
    assert_eq!(world.run(SCAN).code, 0);
    // Moved, renamed, in base64, and in history: the same token.
    let encoded = data_encoding::BASE64.encode(format!("PAT={known}").as_bytes());
    fs::remove_file(world.tree().join("a/.env")).unwrap();
    world.write("b/other.txt", format!("\n\n{encoded}\n\n  x = '{known}'\n"));
    commit(&world, "move");
    assert_eq!(world.run(SCAN).code, 0);
    // Without the flag a baseline of the scanned folder is not used.
    assert_eq!(world.run("scan").code, 1);
    // Another token is no matter of it.
    world.write("b/new.txt", &new);
    let said = world.run(SCAN);
    assert_eq!(said.code, 1);
    assert!(!said.stdout.contains(&id(&known)) && said.stdout.contains("b/new.txt:1:1"));
}

#[test]
fn a_message_is_called_so() {
    let token = mint::pat(1);
    let world = World::with("a.txt", "nothing\n");
    git_ok(&world, &["init", "-q", "-b", "main"]);
    commit(&world, &format!("first\n\nwith {token}"));
    let added = world.run("baseline add --reason revoked --owner ops");
    let place = format!(
        "{}  azure-devops-pat  line 3 of the message in commit ",
        id(&token)
    );
    assert!(added.stdout.contains(&place), "{}", added.stdout);
}

#[test]
fn what_is_there_stays_and_nothing_of_a_token_is_written() {
    let (first, second) = (mint::pat(1), mint::legacy_pat(2));
    let world = World::with("a.env", &first);
    world.run("baseline add --reason first --owner ops --expires 2100-01-31");
    let before = world.read(FILE);
    world.write("a.env", format!("{first}\n{second}\n"));
    let said = world.run("baseline add --reason second");
    assert!(said.stdout.contains("known    "), "{}", said.stdout);
    assert!(
        said.stdout
            .ends_with(&format!("1 added, 1 already there: {FILE}\n"))
    );
    let after = world.read(FILE);
    let kept = before.lines().nth(1).expect("the entry of the first token");
    assert!(kept.contains("\"owner\":\"ops\"") && kept.contains("\"expires\":\"2100-01-31\""));
    assert!(after.contains(kept), "{after}");
    let entries = after.lines().filter(|line| line.starts_with("{\"c3id\""));
    let ids: Vec<&str> = entries.map(|line| &line[9..29]).collect();
    assert!(ids.len() == 2 && ids.is_sorted(), "{after}");
    for token in [&first, &second] {
        for part in token.as_bytes().windows(6) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!after.contains(part), "{part} of a token");
        }
    }
    for name in ["a.env", "\"line\"", "offset"] {
        assert!(!after.contains(name), "{after}");
    }
}

#[test]
fn of_a_report_one_token_can_be_chosen() {
    let (chosen, other) = (mint::pat(1), mint::pat(2));
    let world = World::with("a.env", format!("{chosen}\n{other}\n"));
    world.run("scan -f json -o report.json");
    fs::remove_file(world.tree().join("a.env")).unwrap();
    let id = id(&chosen);
    let said = world.run(&format!(
        "baseline add --from report.json --id {id} --reason r"
    ));
    assert_eq!(
        (said.code, said.stdout),
        (
            0,
            format!("added    {id}  azure-devops-pat  a.env:1\n1 added, 0 already there: {FILE}\n")
        )
    );
    let nobody = "A".repeat(20);
    let said = world.run(&format!(
        "baseline add --from report.json --id {nobody} --reason r"
    ));
    let expected = format!("error: no token with the C3ID {nobody} was found\n");
    assert_eq!((said.code, said.stderr), (2, expected));
}

#[test]
fn a_remark_holds_no_token_and_a_date_is_in_the_future() {
    let token = mint::pat(1);
    let world = World::with("a.env", &token);
    for (args, expected) in [
        (
            vec!["--reason", "x", "--owner", &token],
            "error: --owner holds a token, and a baseline must not\n",
        ),
        (
            vec!["--reason", " "],
            "error: --reason cannot be used\ncaused by: a reason or an owner is empty\n",
        ),
        (
            vec!["--reason", "r", "--expires", "2020-01-01"],
            "error: --expires 2020-01-01 is not in the future\n",
        ),
    ] {
        let args = ["baseline", "add"].into_iter().chain(args);
        let output = world.command(args).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        assert!(!world.tree().join(FILE).exists());
    }
}

#[test]
fn an_entry_that_has_expired_counts_again_and_is_renewed() {
    let token = mint::pat(1);
    let world = World::with("a.env", &token);
    world.write(
        FILE,
        baseline(&[entry(&token, r#","expires":"2026-01-02""#)]),
    );
    let said = world.run(SCAN);
    assert_eq!(said.code, 1);
    let note = "not suppressed: by the baseline: r – but that has expired, and it counts again\n";
    assert!(said.stdout.contains(note), "{}", said.stdout);
    let said = world.run("baseline add --reason again");
    assert!(said.stdout.starts_with("renewed  "), "{}", said.stdout);
    assert_eq!(world.run(SCAN).code, 0);
}

#[test]
fn prune_takes_out_what_is_gone_and_what_has_expired() {
    let (kept, gone, expired) = (mint::pat(1), mint::pat(2), mint::pat(3));
    let world = World::with("a.env", format!("{kept}\n{expired}\n"));
    let mut lines = vec![
        entry(&kept, ""),
        entry(&gone, ""),
        entry(&expired, r#","expires":"2026-01-02""#),
    ];
    lines.sort();
    world.write(FILE, baseline(&lines));
    let said = world.run("baseline prune");
    let mut removed = [
        format!("removed  {}  not found any more  (r)", id(&gone)),
        format!("removed  {}  expired on 2026-01-02  (r)", id(&expired)),
    ];
    removed.sort();
    let expected = format!("{}\n2 removed, 1 kept: {FILE}\n", removed.join("\n"));
    assert_eq!((said.code, said.stdout), (0, expected));
    assert_eq!(world.read(FILE), baseline(&[entry(&kept, "")]));
}

#[test]
fn after_an_incomplete_scan_nothing_is_taken_for_gone() {
    let gone = mint::pat(2);
    // A zip that ends too early may hold anything.
    let world = World::with("broken.zip", b"PK\x03\x04\x14\0\0\0\x08\0");
    let text = baseline(&[entry(&gone, "")]);
    world.write(FILE, &text);
    assert_eq!(world.run("scan").code, 3);
    let said = world.run("baseline prune");
    assert_eq!((said.code, world.read(FILE)), (3, text));
    assert_eq!(world.run("baseline check").code, 3);
    let said = world.run("baseline explain");
    assert_eq!(said.code, 3);
    assert!(said.stdout.contains("not known: the scan was incomplete"));
}

#[test]
fn explain_says_what_for_since_when_and_where() {
    let (here, gone) = (mint::pat(1), mint::pat(2));
    let world = World::with("a.env", format!("\n{here} {here}\n"));
    let more = r#","owner":"ops","expires":"2100-01-31""#;
    // The order of the fields is of no matter.
    world.write(FILE, baseline(&[entry(&here, more), entry(&gone, "")]));
    let here = id(&here);
    let expected = format!(
        "{here}\n  reason   r\n  owner    ops\n  added    2026-01-01\n  expires  2100-01-31\n\
         \x20 found    in 2 places, first a.env:2\n"
    );
    let said = world.run(&format!("baseline explain {here}"));
    assert_eq!((said.code, said.stdout), (0, expected.clone()));
    let gone = id(&gone);
    let rest = format!(
        "\n{gone}\n  reason   r\n  added    2026-01-01\n\
         \x20 found    no: `patsweep baseline prune` removes it\n"
    );
    let said = world.run("baseline explain");
    assert_eq!((said.code, said.stdout), (0, expected + &rest));
    let nobody = "A".repeat(20);
    let said = world.run(&format!("baseline explain {nobody}"));
    let expected = format!("{nobody} is not in the baseline\n");
    assert_eq!((said.code, said.stdout), (1, expected));
}

#[test]
fn check_answers_for_each_fault() {
    let (one, two) = (mint::pat(1), mint::pat(2));
    let world = World::with("a.env", format!("{one}\n{two}\n"));
    let mut lines = [entry(&one, ""), entry(&two, "")];
    lines.sort();
    let ids = lines.clone().map(|line| line[9..29].to_owned());
    let check = |text: String, expected: &str, code: i32| {
        world.write(FILE, text);
        let said = world.run("baseline check");
        let expected = format!("{FILE}: {expected}\n");
        assert_eq!((said.code, said.stdout), (code, expected));
    };
    let good = baseline(&lines);
    check(good.clone(), "in order, 2 entries", 0);
    check(good.replace('\n', "\r\n"), "in order, 2 entries", 0);
    let layout = "it is not sorted with one entry a line, as `patsweep baseline` writes it";
    let [first, second] = lines.clone();
    check(baseline(&[second.clone(), first.clone()]), layout, 1);
    check(good.replace(",\nnull", ""), layout, 1);
    let doubled = baseline(&[first.clone(), first.clone(), second.clone()]);
    check(doubled, &format!("{} has more than one entry", ids[0]), 1);
    let expired = first.replace('}', r#","expires":"2026-01-02"}"#);
    let expired = baseline(&[expired, second.clone()]);
    check(expired, &format!("{} expired on 2026-01-02", ids[0]), 1);
    let gone = mint::pat(3);
    let mut three = vec![first, second, entry(&gone, "")];
    three.sort();
    check(
        baseline(&three),
        &format!("{} is not found any more", id(&gone)),
        1,
    );
}

#[test]
fn the_configuration_names_a_baseline_and_a_subfolder_finds_the_root() {
    let token = mint::pat(1);
    let world = World::with("sub/a.env", &token);
    repository(&world);
    let mut command = world.command(["baseline", "add", "--reason", "r"]);
    let output = command.current_dir(world.tree().join("sub")).output();
    assert!(output.expect("the program starts").status.success());
    assert!(world.read(FILE).contains(&id(&token)));
    world.write_config("[scan]\nbaseline = \"known.json\"\n");
    let known = world.home().join(".config/patsweep/known.json");
    fs::copy(world.tree().join(FILE), known).unwrap();
    assert_eq!(world.run("scan").code, 0);
    assert_eq!(world.run("scan --no-config").code, 1);
    git_ok(&world, &["status"]);
}
