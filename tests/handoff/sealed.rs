//! Sealed files: who opens them, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use patsweep::handoff::sealed::{self, Unsealed};
use patsweep::model::{Clue, Evidence, FindingId};
use patsweep::token::{jwt, mint};

use crate::world::{World, holds, id, secret};

/// A key in a file, for its owner alone.
pub(crate) struct Key {
    pub(crate) path: PathBuf,
    pub(crate) recipient: String,
}

impl Key {
    pub(crate) fn new(world: &World, name: &str) -> Self {
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

const DAMAGED: &str = "it is cut off, or was changed after it was sealed";

fn refusal(path: &Path, identity: &Path) -> String {
    let error = sealed::open(path, identity).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot open sealed file {}", path.display())
    );
    error.why.to_string()
}

pub(crate) fn values(unsealed: &Unsealed) -> Vec<(FindingId, patsweep::model::Secret)> {
    let values = unsealed.values.iter();
    values
        .map(|(id, value)| (id.clone(), value.secret.clone()))
        .collect()
}

pub(crate) fn expected(tokens: &[&str]) -> Vec<(FindingId, patsweep::model::Secret)> {
    let mut expected: Vec<_> = tokens.iter().map(|it| (id(it), secret(it))).collect();
    expected.sort();
    expected
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
        start - 20,
        30,
    ] {
        fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(refusal(&path, &key.path), DAMAGED, "{end}");
    }
    let digit = if whole[start - 20] == b'A' {
        b'B'
    } else {
        b'A'
    };
    for (at, byte) in [
        (start - 20, digit),
        (start - 20, b'*'),
        (start + 20, !whole[start + 20]),
        (start + 100, !whole[start + 100]),
        (whole.len() - 1, !whole[whole.len() - 1]),
    ] {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        fs::write(&path, bytes).unwrap();
        assert_eq!(refusal(&path, &key.path), DAMAGED, "{at}");
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
        assert_eq!(refusal(&path, &key.path), expected);
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
    let clues = r#"{"name":"contoso","from":"nearby"},{"name":"contoso","from":"entry"},{"name":"a/b","from":"entry"},{"name":"-a","from":"entry"},{"name":"fabrikam","from":"hearsay"},{"name":"northwind","from":"flag"},{"name":"","from":"entry"}"#;
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
