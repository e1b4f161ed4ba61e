//! No token leaves the program, in any form, whatever is asked of it: every format and verbosity is
//! searched for every planted token.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use patsweep::token::{jwt, mint};
use tempfile::TempDir;

const FORMATS: [&str; 4] = ["text", "json", "jsonl", "sarif"];
const VERBOSITIES: [&[&str]; 4] = [&["-q"], &[], &["-v"], &["-vv"]];

/// What a run wrote to both streams.
struct Said {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn run<A: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = A>) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(args)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Said {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

fn utf16le(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|&byte| [byte, 0]).collect()
}

fn utf16be(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|&byte| [0, byte]).collect()
}

/// The characters of base64 that `bytes` alone determine, in each of the three alignments.
fn base64_forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..3_usize)
        .map(|lead| {
            let padded = [&vec![0; lead], bytes].concat();
            let encoded = BASE64.encode(&padded).into_bytes();
            let first = (lead * 8).div_ceil(6);
            encoded[first..padded.len() * 8 / 6].to_vec()
        })
        .collect()
}

/// Every form of `token` that must not be seen.
fn forms(token: &str) -> Vec<(&'static str, Vec<u8>)> {
    let plain = token.as_bytes();
    let mut forms = vec![
        ("plain", plain.to_vec()),
        ("all but its ends", plain[5..plain.len() - 5].to_vec()),
        ("hex", HEXLOWER.encode(plain).into_bytes()),
        ("HEX", HEXUPPER.encode(plain).into_bytes()),
        ("UTF-16LE", utf16le(plain)[..2 * plain.len() - 1].to_vec()),
        ("UTF-16BE", utf16be(plain)[1..].to_vec()),
    ];
    for form in base64_forms(plain) {
        forms.extend(
            base64_forms(&form)
                .into_iter()
                .map(|twice| ("base64 of base64", twice)),
        );
        forms.push(("base64", form));
    }
    for wide in [utf16le(plain), utf16be(plain)] {
        forms.extend(
            base64_forms(&wide)
                .into_iter()
                .map(|form| ("base64 of UTF-16", form)),
        );
    }
    forms
}

/// Where none of `tokens` may stand.
#[track_caller]
fn check_hidden(what: &str, said: &Said, tokens: &[String]) {
    for (stream, bytes) in [("stdout", &said.stdout), ("stderr", &said.stderr)] {
        for (seed, token) in tokens.iter().enumerate() {
            for (form, hidden) in forms(token) {
                if let Some(at) = memchr::memmem::find(bytes, &hidden) {
                    let from = at.saturating_sub(200);
                    let around = &bytes[from..bytes.len().min(at + hidden.len() + 60)];
                    panic!(
                        "{what}: token {seed} as {form} on {stream}: {}",
                        around.escape_ascii()
                    );
                }
            }
        }
    }
}

/// A stored zip of one member; its directory may be left out.
fn zip(name: &str, data: &[u8]) -> Vec<u8> {
    let sizes = [
        (crc32fast::hash(data)),
        data.len() as u32,
        data.len() as u32,
    ];
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
    let length = (name.len() as u16).to_le_bytes();
    let mut bytes = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0".to_vec();
    bytes.extend([&sizes[..], &length, b"\0\0", name.as_bytes(), data].concat());
    let directory = bytes.len();
    bytes.extend(b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\x21\0");
    bytes.extend([&sizes[..], &length, &[0; 16], name.as_bytes()].concat());
    let size = (bytes.len() - directory) as u32;
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend([size.to_le_bytes(), (directory as u32).to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

/// A tree with tokens everywhere.
struct Planted {
    root: TempDir,
    tokens: Vec<String>,
}

impl Planted {
    /// Mints the next token: of every kind in turn.
    fn mint(&mut self) -> String {
        let seed = self.tokens.len() as u64;
        let token = match seed % 4 {
            0 => mint::pat(seed),
            1 => mint::legacy_pat(seed),
            2 => mint::app_secret(seed),
            _ => mint::pat_long(seed),
        };
        self.tokens.push(token.clone());
        token
    }

    fn mint_for_name(&mut self) -> String {
        let seed = self.tokens.len() as u64;
        self.tokens.push(mint::pat(seed));
        mint::pat(seed)
    }

    fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) {
        let path = self.root.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, contents).expect("a file");
    }

    fn new() -> Self {
        let mut tree = Self {
            root: tempfile::tempdir().expect("a temporary folder"),
            tokens: Vec::new(),
        };
        tree.plant_in_contents();
        tree.plant_in_names();
        tree
    }

    fn plant_in_contents(&mut self) {
        for kind in 0..4 {
            let token = self.mint();
            self.write(
                format!("plain{kind}"),
                format!("url = https://x:{token}@dev.azure.com/contoso\n"),
            );
        }
        let both = format!("{} {}\n", self.mint(), self.mint());
        self.write("two on a line", both);
        let (one, other) = (self.mint(), self.mint());
        self.write(
            "mixed",
            format!(
                "{one} {} {}\n",
                BASE64.encode(one.as_bytes()),
                HEXLOWER.encode(other.as_bytes())
            ),
        );
        let oauth = mint::oauth_token(77, jwt::ISSUER_HOST, None);
        self.write(
            "oauth",
            format!("Bearer {oauth}\nbasic {}", BASE64.encode(oauth.as_bytes())),
        );
        self.tokens.push(oauth);
        for lead in 0..3 {
            for kind in 0..4 {
                let inner = format!("{}{}", &"u:p"[..lead], self.mint());
                let encoded = BASE64.encode(inner.as_bytes());
                self.write(
                    format!("base64-{lead}-{kind}"),
                    format!("_auth={encoded}\n"),
                );
                let inner = format!("{}{}", &"u:p"[..lead], self.mint());
                let encoded = BASE64.encode(BASE64.encode(inner.as_bytes()).as_bytes());
                self.write(format!("twice-{lead}-{kind}"), format!("data: {encoded}\n"));
            }
        }
        for kind in 0..4 {
            let token = self.mint();
            self.write(format!("hex{kind}"), HEXLOWER.encode(token.as_bytes()));
            let token = self.mint();
            self.write(format!("HEX{kind}"), HEXUPPER.encode(token.as_bytes()));
            let token = format!("pat: {}\r\n", self.mint());
            self.write(format!("le{kind}"), utf16le(token.as_bytes()));
            let token = format!("pat: {}\r\n", self.mint());
            self.write(format!("be{kind}"), utf16be(token.as_bytes()));
            let token = self.mint();
            self.write(
                format!("wide64-{kind}"),
                BASE64.encode(&utf16le(token.as_bytes())),
            );
        }
        // The same token beside one that was found, in a form that is not looked for.
        let token = self.mint();
        let upper = token.to_ascii_uppercase();
        self.write("upper", format!("{token} {upper}\n"));
    }

    fn plant_in_names(&mut self) {
        let name = format!("file-{}.txt", self.mint_for_name());
        self.write(name, "nothing");
        let name = format!("folder-{}/inner/file", self.mint_for_name());
        let inside = self.mint();
        self.write(name, inside);
        let name = format!(
            "{}.txt",
            BASE64URL_NOPAD.encode(self.mint_for_name().as_bytes())
        );
        self.write(name, "nothing");
        let name = HEXLOWER.encode(self.mint_for_name().as_bytes());
        self.write(name, "nothing");
        let member = format!("a/{}/b", self.mint_for_name());
        let inside = self.mint();
        self.write("member.zip", zip(&member, inside.as_bytes()));
        // Problems: an archive that is cut, and one that is not read, in names with tokens.
        let member = format!("a/{}/b", self.mint_for_name());
        let mut broken = zip(&member, &[b'x'; 5_000]);
        broken.truncate(2_000);
        let name = format!("broken-{}.zip", self.mint_for_name());
        self.write(name, broken);
        let name = format!("packed-{}.7z", self.mint_for_name());
        self.write(name, b"7z\xbc\xaf\x27\x1c\0\x04 and more of it");
        let name = format!("cut-{}.gz", self.mint_for_name());
        self.write(name, b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01");
        // Hostile names: a line break, an escape, an override of direction, and no UTF-8.
        for (start, end) in [
            ("new\nline", ""),
            ("esc\u{1b}[31m", ""),
            ("bidi\u{202e}", ".gz"),
        ] {
            let name = format!("{start}{}{end}", self.mint_for_name());
            self.write(name, b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01");
        }
        let name = [b"latin\xff", self.mint_for_name().as_bytes(), b".gz"].concat();
        self.write(
            PathBuf::from(OsStr::from_bytes(&name)),
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01",
        );
    }
}

#[test]
fn nothing_is_told_in_any_format_at_any_verbosity() {
    let tree = Planted::new();
    for format in FORMATS {
        for verbosity in VERBOSITIES {
            for color in ["always", "never"] {
                let args = ["scan", "-f", format, "--color", color];
                let said = run(tree.root.path(), args.iter().chain(verbosity));
                let what = format!("{format} {verbosity:?} {color}");
                assert_eq!(said.code, Some(1), "{what}: {}", said.stderr.escape_ascii());
                check_hidden(&what, &said, &tree.tokens);
                check_escaped(&what, &said, color == "always" && format == "text");
            }
        }
    }
}

/// No control character but line breaks, and escapes only where colours are wanted; nothing that
/// reorders text.
fn check_escaped(what: &str, said: &Said, colored: bool) {
    for bytes in [&said.stdout, &said.stderr] {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        for hostile in ["new\nline", "esc\u{1b}", "\u{202e}"] {
            assert!(!text.contains(hostile), "{what}: {hostile:?}");
        }
        let is_control = |c: char| c.is_control() && c != '\n' && !(c == '\u{1b}' && colored);
        let on_stdout = bytes == &said.stdout;
        if on_stdout {
            let found = text.find(is_control);
            assert_eq!(found, None, "{what}: {:?}", found.map(|at| &text[at..]));
        }
    }
}

#[test]
fn all_that_was_planted_is_found_and_shown_when_asked() {
    let tree = Planted::new();
    let said = run(tree.root.path(), ["scan", "-f", "json", "--show-secrets"]);
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    let mut shown: Vec<&str> = findings
        .iter()
        .filter_map(|f| f["secret"].as_str())
        .collect();
    let mut planted: Vec<&str> = tree.tokens.iter().map(String::as_str).collect();
    shown.sort_unstable();
    planted.sort_unstable();
    let missing: Vec<_> = planted
        .iter()
        .filter(|token| !shown.contains(token))
        .collect();
    // The name of a member whose archive breaks off before it tells nothing of it.
    assert_eq!(missing, Vec::<&&str>::new());
    assert_eq!(shown.len(), planted.len());
}

#[test]
fn targets_and_files_of_the_user_are_redacted_too() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let tokens: Vec<String> = (100..110).map(mint::pat).collect();
    let folder = root.path().join(format!("in-{}", tokens[0]));
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("token"), &tokens[1]).expect("a file");
    fs::write(
        root.path().join("rules.toml"),
        format!("[[rules]]\nid = \"{}\"\n{} = 1\n", tokens[2], tokens[3]),
    )
    .expect("a file");
    fs::write(
        root.path().join("config.toml"),
        format!("{} = \"{}\"\n", tokens[4], tokens[5]),
    )
    .expect("a file");
    fs::write(
        root.path().join("broken.toml"),
        format!("exclude = [\"{}\n", tokens[6]),
    )
    .expect("a file");
    let named = format!("{}.toml", tokens[7]);
    fs::write(root.path().join(&named), "nonsense").expect("a file");
    let inside = format!("in-{}", tokens[0]);
    let missing = format!("gone-{}", tokens[8]);
    let runs: [(&[&str], i32); 13] = [
        (&["scan", &inside], 1),
        (&["scan", &missing], 2),
        (&["scan", "--rules", "rules.toml"], 2),
        (&["scan", "--rules", &named], 2),
        (&["rules", "check", "rules.toml"], 2),
        (&["scan", "--config", "config.toml"], 2),
        (&["scan", "--config", "broken.toml"], 2),
        (&["scan", "--config", &named], 2),
        (&["scan", "-o", &inside, "-f", "json"], 2),
        (&["scan", "--format", &tokens[0]], 2),
        (&["scan", &format!("--{}", tokens[0])], 2),
        (&[&tokens[0], &tokens[1]], 2),
        (&["scan", "--exclude", &format!("{{{}", tokens[9])], 2),
    ];
    for (args, code) in runs {
        for verbosity in VERBOSITIES {
            let said = run(root.path(), args.iter().chain(verbosity));
            let what = format!("{} {verbosity:?}", args[..2].join(" "));
            check_hidden(&what, &said, &tokens);
            assert_eq!(
                said.code,
                Some(code),
                "{what}: {}",
                said.stderr.escape_ascii()
            );
        }
    }
}
