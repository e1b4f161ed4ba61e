//! A responder whose configuration tells people.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::mailhost::PASSWORD;
use super::recorder::{Post, Recorder};
use crate::bench::{Run, leak};
use crate::responder::Responder;
use crate::service::Issued;

/// What posts are signed with.
pub(super) const SECRET: &str = "shared between two";
/// The file in which leaks are found.
pub(super) const PATH: &str = "conf/production.env";
/// Where the configuration is.
const CONFIGURED: &str = "--config config.toml";

pub(super) struct Scene {
    pub(super) responder: Responder,
}

/// `[[notify.webhook]]` that posts signed JSON to `recorder`.
pub(super) fn json_hook(recorder: &Recorder) -> String {
    let hook = hook(recorder, "json");
    format!("{hook}secret_env = \"HOOK_SECRET\"\n")
}

/// `[[notify.webhook]]` of another kind.
pub(super) fn hook(recorder: &Recorder, kind: &str) -> String {
    let url = recorder.url();
    format!("[[notify.webhook]]\nkind = \"{kind}\"\nurl = \"{url}\"\n")
}

/// The address of whoever owns `token`.
pub(super) fn owner(token: &Issued) -> String {
    token.owner.clone().expect("an owner")
}

impl Scene {
    pub(super) fn new(configuration: &str) -> Self {
        let responder = Responder::new();
        let bench = responder.bench.with("SMTP_PASSWORD", PASSWORD);
        let bench = bench.with("HOOK_SECRET", SECRET);
        let scene = Self {
            responder: Responder::of(bench),
        };
        scene.configure(configuration);
        scene
    }

    /// Replaces the configuration.
    pub(super) fn configure(&self, configuration: &str) {
        self.responder.bench.write("config.toml", configuration);
    }

    /// Makes a plan about `tokens`, found in a file.
    pub(super) fn plan(&self, tokens: &[&Issued], flags: &str) {
        self.plan_at(PATH, tokens, flags);
    }

    pub(super) fn plan_at(&self, path: &str, tokens: &[&Issued], flags: &str) {
        let bench = &self.responder.bench;
        let leaks: String = tokens.iter().map(|token| leak("build", token)).collect();
        bench.write(path, &leaks);
        let scanned = bench.plain("scan conf -f json", "");
        bench.write("leaks.json", &scanned.stdout);
        let _absent = fs::remove_file(bench.path("plan.json"));
        let given = format!(
            "revoke --from leaks.json --source . --plan-out plan.json --auth pat --org contoso \
             --inventory full {CONFIGURED} {flags}"
        );
        let run = bench.patsweep(&given, "");
        assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    }

    /// Changes the plan, as somebody might who is no friend.
    pub(super) fn change_plan(&self, change: impl FnOnce(&mut Value)) {
        self.responder.change_plan(change);
    }

    pub(super) fn execute(&self) -> Run {
        self.responder.execute(CONFIGURED)
    }

    pub(super) fn resume(&self) -> Run {
        self.responder.resume(CONFIGURED)
    }

    /// The lines of the journal.
    pub(super) fn records(&self) -> Vec<Value> {
        let path = self.responder.bench.path("journal.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// The lines about notifications: outcome, kind, channel and recipient.
    pub(super) fn notified(&self) -> Vec<String> {
        let lines = self.records().into_iter();
        let lines = lines.filter(|line| line["event"] == "notify");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        lines
            .map(|line| {
                let evidence = &line["evidence"];
                let channel = text(&evidence["channel"]);
                let channel = channel.split(':').next().unwrap_or_default();
                let (outcome, kind) = (text(&line["outcome"]), text(&evidence["kind"]));
                format!(
                    "{outcome} {kind} {channel} {}",
                    text(&evidence["recipient"])
                )
            })
            .collect()
    }

    /// Has everything in the journal happened so many days earlier.
    pub(super) fn age(&self, days: i64) {
        self.responder.age_journal(days * 24 * 60 * 60);
    }
}

/// Whether the snippet of the documentation takes `post` with another body for genuine, so many
/// seconds after it was sent; nothing without Python.
pub(super) fn is_genuine(secret: &str, post: &Post, body: &str, seconds: i64) -> Option<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/notifications.md")).expect("documentation");
    let (_, snippet) = text.split_once("```python\n").expect("a snippet");
    let (snippet, _) = snippet.split_once("```").expect("its end");
    let timestamp = post.header("x-patsweep-timestamp");
    let sent: i64 = timestamp.parse().expect("seconds");
    let given = json!({
        "secret": secret,
        "headers": {
            "X-Patsweep-Timestamp": timestamp,
            "X-Patsweep-Signature": post.header("x-patsweep-signature"),
        },
        "body": body,
        "now": sent + seconds,
    });
    let program = format!(
        "{snippet}\nimport json, sys\ngiven = json.load(sys.stdin)\nprint(is_genuine(\
         given['secret'].encode(), given['headers'], given['body'].encode(), \
         lambda: given['now']))\n"
    );
    let mut python = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = python.stdin.take().expect("a pipe");
    write!(stdin, "{given}").expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    match &*String::from_utf8_lossy(&output.stdout) {
        "True\n" => Some(true),
        "False\n" => Some(false),
        other => panic!("{other}"),
    }
}
