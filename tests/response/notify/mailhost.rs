//! A real SMTP server, `aiosmtpd` of the registry of Python; where that cannot be had, it is said
//! and the tests that need it are skipped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::registry::python;

/// At an exact version, for what a test shows is of that one.
const SERVER: &str = "aiosmtpd==1.4.6";
const USER: &str = "patsweep";
/// What the server asks for.
pub(crate) const PASSWORD: &str = "a very secret word";

/// The server, which ends when this is dropped.
pub(crate) struct MailHost {
    child: Child,
    folder: TempDir,
    port: u16,
}

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) recipients: String,
    /// Head and body, as they came.
    pub(crate) raw: String,
}

impl MailHost {
    /// Starts it, without a mailbox `refused`; nothing where it cannot be had.
    pub(crate) fn start(refused: &str) -> Option<Self> {
        static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
        let python = PYTHON.get_or_init(|| python(SERVER)).as_ref()?;
        let folder = tempfile::tempdir().expect("a folder");
        let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let authority = authority.expect("a certificate");
        let file = |name: &str| folder.path().join(name);
        fs::write(file("cert.pem"), pem("CERTIFICATE", authority.cert.der())).expect("a file");
        fs::write(
            file("key.pem"),
            pem("PRIVATE KEY", &authority.signing_key.serialize_der()),
        )
        .expect("a file");
        fs::create_dir(file("mail")).expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/response/notify/server.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([file("mail"), file("cert.pem"), file("key.pem")])
            .args([USER, PASSWORD, refused])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It tells of every handshake that fails.
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its port");
        Some(Self {
            child,
            folder,
            port: line.trim().parse().expect("a port"),
        })
    }

    /// `[notify.smtp]` that reaches it and trusts it.
    pub(crate) fn trusted(&self) -> String {
        self.configuration(Some(&self.folder.path().join("cert.pem")))
    }

    /// `[notify.smtp]` that reaches it, trusting `ca_file` if there is one.
    pub(crate) fn configuration(&self, ca_file: Option<&Path>) -> String {
        let ca_file = ca_file.map_or_else(String::new, |path| {
            format!("ca_file = '{}'\n", path.display())
        });
        format!(
            "[notify.smtp]\nhost = \"localhost\"\nport = {}\nuser = \"{USER}\"\n\
             password_env = \"SMTP_PASSWORD\"\nfrom = \"leaks@patsweep.example\"\n{ca_file}",
            self.port
        )
    }

    /// What came until now, the first mail first; it is forgotten.
    pub(crate) fn take(&self) -> Vec<Mail> {
        let folder = self.folder.path().join("mail");
        let entries = fs::read_dir(folder).expect("a folder");
        let mut paths: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).expect("a mail");
            fs::remove_file(path).expect("a mail");
            let (recipients, raw) = text.split_once('\n').expect("a line of recipients");
            Mail {
                recipients: recipients.to_owned(),
                raw: raw.to_owned(),
            }
        };
        paths.into_iter().map(read).collect()
    }
}

impl Drop for MailHost {
    fn drop(&mut self) {
        // It ends with its stdin, too.
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Mail {
    /// A header, its folded lines joined.
    pub(crate) fn header(&self, name: &str) -> String {
        let (head, _) = self.raw.split_once("\r\n\r\n").expect("a body");
        let head = head.replace("\r\n ", " ");
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let line = lines.find(|(known, _)| *known == name);
        line.unwrap_or_else(|| panic!("no {name} in {head}"))
            .1
            .to_owned()
    }

    /// The text, if nothing in it had to be encoded.
    pub(crate) fn text(&self) -> String {
        let (_, body) = self.raw.split_once("\r\n\r\n").expect("a body");
        let encoding = self.header("Content-Transfer-Encoding");
        match &*encoding {
            "7bit" => body.replace("\r\n", "\n"),
            "quoted-printable" => unquoted(&body.replace("\r\n", "\n")),
            "base64" => {
                let text = body.replace("\r\n", "");
                let bytes = data_encoding::BASE64.decode(text.as_bytes());
                let text = String::from_utf8(bytes.expect("base64")).expect("text");
                text.replace("\r\n", "\n")
            }
            other => panic!("{other}"),
        }
    }
}

pub(crate) fn pem(what: &str, der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    let lines = lines.join("\n");
    format!("-----BEGIN {what}-----\n{lines}\n-----END {what}-----\n")
}

fn unquoted(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        if *first != b'=' {
            bytes.push(*first);
            continue;
        }
        let (hex, more) = more.split_at(2);
        rest = more;
        bytes.extend(data_encoding::HEXUPPER.decode(hex).expect("hex"));
    }
    String::from_utf8(bytes)
        .expect("text")
        .replace("\r\n", "\n")
}
