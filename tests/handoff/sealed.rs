//! Sealed files: who opens them, what is refused, and `scan --seal`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use patsweep::handoff::sealed::{self, Unsealed};
use patsweep::model::{Clue, Evidence, FindingId, ValueFrom};
use patsweep::token::{jwt, mint};

use crate::world::{World, holds, id, secret};

/// A key in a file, for its owner alone.
struct Key {
    path: PathBuf,
    recipient: String,
}

impl Key {
    fn new(world: &World, name: &str) -> Self {
        let identity = Identity::generate();
        let path = world.path().join(name);
        fs::write(
            &path,
            format!("# a key\n{}\n", identity.to_string().expose_secret()),
        )
        .unwrap();
        private(&path);
        Self {
            path,
            recipient: identity.to_public().to_string(),
        }
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// Seals `text` as it is.
fn seal_text(world: &World, key: &Key, text: &str) -> PathBuf {
    let recipient: age::x25519::Recipient = key.recipient.parse().unwrap();
    let path = world.path().join("sealed.age");
    fs::write(&path, age::encrypt(&recipient, text.as_bytes()).unwrap()).unwrap();
    path
}

fn refusal(path: &Path, identity: &Path) -> String {
    let error = sealed::open(path, identity).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot open sealed file {}", path.display())
    );
    error.why.to_string()
}

fn values(unsealed: &Unsealed) -> Vec<(FindingId, patsweep::model::Secret)> {
    let values = unsealed.values.iter();
    values
        .map(|(id, value)| (id.clone(), value.secret.clone()))
        .collect()
}

fn expected(tokens: &[&str]) -> Vec<(FindingId, patsweep::model::Secret)> {
    let mut expected: Vec<_> = tokens.iter().map(|it| (id(it), secret(it))).collect();
    expected.sort();
    expected
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
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
fn what_cannot_be_sealed_is_known_before_the_scan() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let secret_key = fs::read_to_string(&key.path).unwrap();
    let secret_key = secret_key.lines().nth(1).unwrap();
    let pat = mint::pat(1);
    world
        .write("a", &pat)
        .write("taken", "mine")
        .write("empty", "# nobody\n")
        .write("bad", "# x\n\nage1x\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", world.tree().join("dangling")).unwrap();
    let key = key.recipient.as_str();
    let keygen = "hint: `age-keygen -o key.txt` makes a key and prints its recipient, age1…\n";
    let other = "hint: seal the tokens to another file\n";
    let check = |args: &[&str], expected: &str| {
        let output = world.run(&[&["scan"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(
            (stderr(&output), output.stdout.as_slice()),
            (expected, &b""[..]),
            "{args:?}"
        );
        assert!(!world.tree().join("s").exists());
    };
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
        check(&["--seal", "s", "--recipient", text], &not_one);
    }
    check(
        &["--seal", "s", "--recipient", key, "--recipient", secret_key],
        "error: recipient 2 is a secret key, and a recipient is the public one\n\
         hint: `age-keygen -y` prints the recipient of a key\n",
    );
    for text in ["ssh-ed25519 AAAA", "age1yubikey1qqq"] {
        check(
            &["--seal", "s", "--recipient", text],
            &format!(
                "error: recipient 1 is of a kind that is not supported: only age1 keys of X25519 \
                 are\n{keygen}"
            ),
        );
    }
    check(
        &["--seal", "s", "--recipients-file", "bad"],
        &format!("error: bad:3 is no recipient of age\n{keygen}"),
    );
    check(
        &["--seal", "s", "--recipients-file", "empty"],
        "error: empty names no recipient\n",
    );
    check(
        &["--seal", "s", "--recipients-file", "none"],
        "error: cannot read recipients from none\n\
         caused by: No such file or directory (os error 2)\n",
    );
    let exists = |name: &str| {
        format!("error: {name} exists, and a sealed file never replaces another\n{other}")
    };
    check(&["--seal", "taken", "--recipient", key], &exists("taken"));
    check(&["--seal", ".", "--recipient", key], &exists("."));
    #[cfg(unix)]
    check(
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

#[test]
fn nothing_is_replaced_that_appears_while_it_scans() {
    use patsweep::handoff::keys::Recipients;
    use patsweep::handoff::sealed::{Seal, SealError};
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    world.write("a", mint::pat(1));
    let path = world.path().join("s.age");
    let seal = Seal::prepare(&path, Recipients::new(&[key.recipient], &[]).unwrap()).unwrap();
    assert!(!path.exists());
    fs::write(&path, "mine").unwrap();
    let report = crate::world::report(&world.tree());
    let error = seal.write(&report.findings).unwrap_err();
    assert!(matches!(error, SealError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert_eq!(
        fs::read_dir(world.path()).unwrap().count(),
        3,
        "nothing is left behind"
    );
    fs::remove_file(&path).unwrap();
    assert_eq!(seal.write(&report.findings).unwrap(), 1);
}

#[test]
fn files_that_do_not_open_say_why() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let other = Key::new(&world, "other.txt");
    let header = r#"{"schema":"patsweep-sealed/1"}"#;
    let path = seal_text(&world, &key, &format!("{header}\n{}", " ".repeat(200_000)));
    assert!(sealed::open(&path, &key.path).is_ok());
    assert_eq!(
        refusal(&path, &other.path),
        "it is sealed for other recipients: this identity does not open it"
    );
    let whole = fs::read(&path).unwrap();
    let start = whole.windows(5).position(|it| it == b"\n--- ").unwrap() + 60;
    for end in [
        whole.len() - 1,
        whole.len() - 70_000,
        start + 80,
        start + 30,
    ] {
        fs::write(&path, &whole[..end]).unwrap();
        let why = refusal(&path, &key.path);
        let expected = [
            "it is cut off",
            "it is damaged, or was changed after it was sealed",
        ];
        assert!(expected.contains(&why.as_str()), "{end}: {why}");
    }
    for at in [start - 20, start + 20, start + 100, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(
            refusal(&path, &key.path),
            "it is damaged, or was changed after it was sealed",
            "{at}"
        );
    }
    for (bytes, expected) in [
        (&b""[..], "it is no age file"),
        (b"{}", "it is no age file"),
        (
            b"-----BEGIN AGE ENCRYPTED FILE-----\n",
            "it is armored, and sealed files are binary",
        ),
        (
            b"age-encryption.org/v9\n",
            "it is an age file of an unknown version",
        ),
    ] {
        fs::write(&path, bytes).unwrap();
        let why = refusal(&path, &key.path);
        if bytes.ends_with(b"v9\n") {
            assert_ne!(why, "it is no age file");
        } else {
            assert_eq!(why, expected);
        }
    }
    let mut passphrase = age::scrypt::Recipient::new("x".to_owned().into());
    passphrase.set_work_factor(2);
    fs::write(&path, age::encrypt(&passphrase, b"x").unwrap()).unwrap();
    assert_eq!(
        refusal(&path, &key.path),
        "it is sealed with a passphrase and for no recipient"
    );
    assert_eq!(
        refusal(&world.path().join("none"), &key.path),
        "cannot read it"
    );
    for text in [
        "",
        "{}",
        r#"{"schema":"patsweep-sealed/2"}"#,
        r#"{"schema":"patsweep-report/1"}"#,
        "\u{0}",
    ] {
        let path = seal_text(&world, &key, text);
        assert_eq!(
            refusal(&path, &key.path),
            "it holds something else than patsweep-sealed/1"
        );
    }
}

#[test]
fn identities_that_cannot_be_used_say_why() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let path = seal_text(&world, &key, r#"{"schema":"patsweep-sealed/1"}"#);
    let file = world.path().join("identity");
    let name = file.display();
    let check = |bytes: &[u8], expected: &str| {
        fs::write(&file, bytes).unwrap();
        assert_eq!(refusal(&path, &file), expected);
    };
    check(b"", &format!("identity file {name} holds no secret key"));
    check(
        b"# only this\n",
        &format!("identity file {name} holds no secret key"),
    );
    check(
        b"\n# x\nAGE-SECRET-KEY-1X\n",
        &format!("{name}:3 is no secret key of age"),
    );
    check(
        key.recipient.as_bytes(),
        &format!("{name}:1 is no secret key of age"),
    );
    check(b"\xff\n", &format!("{name}:1 is no secret key of age"));
    let protected =
        format!("identity file {name} is protected by a passphrase, which is not asked for");
    check(b"age-encryption.org/v1\n-> scrypt", &protected);
    check(b"-----BEGIN AGE ENCRYPTED FILE-----\n", &protected);
    check(
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
        &format!("identity file {name} is a key of SSH, which is not supported"),
    );
    let none = world.path().join("none");
    assert_eq!(
        refusal(&path, &none),
        format!("cannot read identity file {}", none.display())
    );
    // One of several opens it.
    let text = fs::read_to_string(&key.path).unwrap();
    let stranger = Identity::generate().to_string().expose_secret().to_owned();
    fs::write(&file, format!("{stranger}\n{text}")).unwrap();
    private(&file);
    assert!(!sealed::open(&path, &file).unwrap().is_identity_exposed);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(sealed::open(&path, &file).unwrap().is_identity_exposed);
    }
}

#[test]
fn a_line_counts_if_its_token_proves_and_has_its_id() {
    let world = World::new();
    let key = Key::new(&world, "key.txt");
    let (pat, other) = (mint::pat(1), mint::pat(2));
    let oauth = mint::oauth_token(3, jwt::ISSUER_HOST, None);
    let line = |named: &str, token: &str, organizations: &str| {
        format!(
            r#"{{"id":"{}","token":"{token}","organizations":[{organizations}]}}"#,
            id(named)
        )
    };
    let clues = r#"{"name":"contoso","from":"nearby"},{"name":"contoso","from":"entry"},{"name":"a/b","from":"entry"},{"name":"-a","from":"entry"},{"name":"fabrikam","from":"hearsay"},{"name":"","from":"entry"}"#;
    let lines = [
        r#"{"schema":"patsweep-sealed/1"}"#.to_owned(),
        line(&pat, &pat, clues),
        line(&pat, &other, ""),
        line(&other, &other[..83], ""),
        line(&oauth, &oauth, ""),
        "{}".to_owned(),
        String::new(),
        r#"{"id":"x","token":"y"}"#.to_owned(),
        format!("[\"{}\", 1]", id(&pat)),
    ];
    let path = seal_text(&world, &key, &lines.join("\n"));
    let unsealed = sealed::open(&path, &key.path).unwrap();
    assert_eq!(values(&unsealed), expected(&[&pat]));
    let contoso = Clue {
        organization: "contoso".to_owned(),
        evidence: Evidence::Entry,
    };
    assert_eq!(
        unsealed.values.of(&id(&pat)).unwrap().organizations,
        [contoso]
    );
    let refused: Vec<_> = unsealed.refused.iter().map(ToString::to_string).collect();
    let malformed = |line| {
        format!("line {line} of the sealed file: it is not what stands there in patsweep-sealed/1")
    };
    assert_eq!(
        refused,
        [
            "line 3 of the sealed file: its id is not that of its token".to_owned(),
            "line 4 of the sealed file: not a personal access token: it has neither 84 characters \
             nor 88 with == at the end"
                .to_owned(),
            "line 5 of the sealed file: an OAuth access token carries no checksum that proves it"
                .to_owned(),
            malformed(6),
            malformed(8),
            malformed(9),
        ]
    );
    assert!(!holds(format!("{unsealed:?}").as_bytes(), &pat));
}
