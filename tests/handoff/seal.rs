//! `scan --seal`.

use std::fs;
use std::process::Output;

use age::x25519::Identity;
use patsweep::handoff::sealed;
use patsweep::model::{Clue, Evidence, ValueFrom};
use patsweep::token::{jwt, mint};

use crate::sealed::{Key, expected, values};
use crate::world::{World, holds, id};

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Runs a scan that must not begin, and compares what it says.
fn check(world: &World, args: &[&str], expected: &str) {
    let output = world.run(&[&["scan"], args].concat());
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert_eq!(
        (stderr(&output), output.stdout.as_slice()),
        (expected, &b""[..]),
        "{args:?}"
    );
    assert!(!world.tree().join("s").exists());
}

#[test]
fn a_scan_seals_what_is_proven_and_says_how_much() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let other = Key::new(&world, "other.txt");
    let (pat, legacy) = (mint::pat(1), mint::legacy_pat(2));
    let oauth = mint::oauth_token(3, jwt::ISSUER_HOST, None);
    world.write(
        "a",
        format!("https://x:{pat}@dev.azure.com/contoso/_git/r\n"),
    );
    world.write("b", format!("{legacy}\n{oauth}\n"));
    fs::write(
        world.path().join("to"),
        format!("# both\n\n{}\r\n", other.recipient),
    )
    .unwrap();
    let args = [
        "scan",
        "-vv",
        "-f",
        "json",
        "--seal",
        "../s.age",
        "--recipient",
        &key.recipient,
    ];
    let output = world.run(&[&args[..], &["--recipients-file", "../to"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("note: 2 tokens are sealed to ../s.age\n"),
        "{said}"
    );
    let path = world.path().join("s.age");
    let sealed = fs::read(&path).unwrap();
    for token in [&pat, &legacy, &oauth] {
        for bytes in [&sealed, &output.stdout, &output.stderr] {
            assert!(!holds(bytes, token));
        }
    }
    // It can tell: what is unsealed holds them.
    let identity: Identity = fs::read_to_string(&key.path)
        .unwrap()
        .lines()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let plain = age::decrypt(&identity, &sealed).unwrap();
    assert!(holds(&plain, &pat) && holds(&plain, &legacy) && !holds(&plain, &oauth));
    for key in [&key, &other] {
        let unsealed = sealed::open(&path, &key.path).unwrap();
        assert_eq!(values(&unsealed), expected(&[&pat, &legacy]));
        assert_eq!(
            (unsealed.refused.len(), unsealed.is_identity_exposed),
            (0, false)
        );
        let value = unsealed.values.of(&id(&pat)).unwrap();
        let contoso = Clue {
            organization: "contoso".to_owned(),
            evidence: Evidence::Entry,
        };
        assert_eq!(
            (value.from, &value.organizations),
            (ValueFrom::Sealed, &vec![contoso])
        );
    }
    let mut left: Vec<_> = fs::read_dir(world.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["key.txt", "other.txt", "s.age", "to", "tree"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn of_no_proven_token_no_file_is_written() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    world.write("a", mint::oauth_token(3, jwt::ISSUER_HOST, None));
    let output = world.run(&[
        "scan",
        "-q",
        "--seal",
        "../s.age",
        "--recipient",
        &key.recipient,
    ]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), ""));
    let output = world.run(&["scan", "--seal", "../s.age", "--recipient", &key.recipient]);
    assert_eq!(
        stderr(&output),
        "note: no token is proven by its checksum, so ../s.age is not written\n"
    );
    assert!(!world.path().join("s.age").exists());
}

#[test]
fn for_whom_is_known_before_the_scan() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let secret_key = fs::read_to_string(&key.path).unwrap();
    let secret_key = secret_key.lines().nth(1).unwrap();
    let pat = mint::pat(1);
    world
        .write("a", &pat)
        .write("empty", "# nobody\n")
        .write("bad", "# x\n\nage1x\n");
    let key = key.recipient.as_str();
    let keygen = "hint: `age-keygen -o key.txt` makes a key and prints its recipient, age1…\n";
    let not_one = format!("error: recipient 1 is no recipient of age\n{keygen}");
    for text in [
        "",
        "age1",
        "x",
        &pat,
        &key[..20],
        &key.to_uppercase()[..61],
        "age1ééé",
    ] {
        check(&world, &["--seal", "s", "--recipient", text], &not_one);
    }
    check(
        &world,
        &["--seal", "s", "--recipient", key, "--recipient", secret_key],
        "error: recipient 2 is a secret key, and a recipient is the public one\n\
         hint: `age-keygen -y` prints the recipient of a key\n",
    );
    for text in ["ssh-ed25519 AAAA", "age1yubikey1qqq"] {
        check(
            &world,
            &["--seal", "s", "--recipient", text],
            &format!(
                "error: recipient 1 is of a kind that is not supported: only age1 keys of X25519 \
                 are\n{keygen}"
            ),
        );
    }
    check(
        &world,
        &["--seal", "s", "--recipients-file", "bad"],
        &format!("error: bad:3 is no recipient of age\n{keygen}"),
    );
    check(
        &world,
        &["--seal", "s", "--recipients-file", "empty"],
        "error: empty names no recipient\n",
    );
    check(
        &world,
        &["--seal", "s", "--recipients-file", "none"],
        "error: cannot read recipients from none\n\
         caused by: No such file or directory (os error 2)\n",
    );
}

#[test]
fn where_to_is_known_before_the_scan() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let key = key.recipient.as_str();
    world
        .write("a", mint::pat(1))
        .write("taken", "mine")
        .write("bad", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", world.tree().join("dangling")).unwrap();
    let other = "hint: seal the tokens to another file\n";
    let exists = |name: &str| {
        format!("error: {name} exists, and a sealed file never replaces another\n{other}")
    };
    check(
        &world,
        &["--seal", "taken", "--recipient", key],
        &exists("taken"),
    );
    check(&world, &["--seal", ".", "--recipient", key], &exists("."));
    #[cfg(unix)]
    check(
        &world,
        &["--seal", "dangling", "--recipient", key],
        &exists("dangling"),
    );
    for path in ["none/s", "taken/s"] {
        let output = world.run(&["scan", "--seal", path, "--recipient", key]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.starts_with(&format!("error: cannot write sealed file {path}\n")),
            "{said}"
        );
    }
    check(
        &world,
        &[
            "-f",
            "json",
            "-o",
            "s",
            "--seal",
            "../tree/s",
            "--recipient",
            key,
        ],
        &format!("error: a report and the sealed tokens both go to ../tree/s\n{other}"),
    );
    for args in [
        &["--seal", "s"][..],
        &["--recipient", key],
        &["--recipients-file", "bad"],
    ] {
        let output = world.run(&[&["scan"], args].concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("required arguments were not provided"),
            "{said}"
        );
    }
    assert_eq!(fs::read(world.tree().join("taken")).unwrap(), b"mine");
}
