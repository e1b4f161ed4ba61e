//! A responder: somebody with leaks, an administrator's token and a journal.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, Run, leak};
use crate::client::{ask, get};
use crate::service::Issued;

pub(crate) struct Responder {
    pub(crate) bench: Bench,
    /// As whom to act, and where.
    pub(crate) auth: &'static str,
    /// What the lists are read for.
    pub(crate) listing: &'static str,
}

impl Responder {
    pub(crate) fn new() -> Self {
        Self::of(Bench::administrator())
    }

    /// The administrator of `bench`.
    pub(crate) fn of(bench: Bench) -> Self {
        Self {
            bench,
            auth: "--auth pat --org contoso",
            listing: "--inventory full",
        }
    }

    /// The owner of the first live token, signed in with the Azure CLI.
    #[cfg(unix)]
    pub(crate) fn owner() -> Self {
        use std::os::unix::fs::PermissionsExt;

        let bench = Bench::new();
        let bearer = &bench.fake.owner_bearer;
        let script = format!("#!/bin/sh\necho '{{\"accessToken\": \"{bearer}\"}}'\n");
        let program = bench.write("bin/az", &script);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
        let folder = program.parent().expect("a folder").display().to_string();
        Self {
            bench: bench.with("PATH", &folder),
            auth: "--auth az --org contoso",
            listing: "",
        }
    }

    /// Somebody without any credential.
    pub(crate) fn nobody() -> Self {
        Self {
            bench: Bench::new(),
            auth: "--org contoso",
            listing: "",
        }
    }

    /// The token in `state`.
    pub(crate) fn token(&self, state: &str) -> &Issued {
        let mut tokens = self.bench.fake.tokens.iter();
        let found = tokens.find(|token| token.state == state);
        found.unwrap_or_else(|| panic!("no token is {state}"))
    }

    /// Different live tokens of contoso that the list knows.
    pub(crate) fn live(&self) -> Vec<&Issued> {
        let tokens = self.bench.fake.tokens.iter();
        tokens
            .filter(|token| token.state == "active" && token.organization == "contoso")
            .collect()
    }

    /// Scans for `tokens`, and makes a plan with further `flags`.
    pub(crate) fn plan(&self, tokens: &[&Issued], flags: &str) -> Run {
        let input: String = tokens.iter().map(|token| leak("build", token)).collect();
        let scanned = self.bench.plain("scan - -f json", &input);
        self.bench.write("leaks.json", &scanned.stdout);
        let _ = fs::remove_file(self.bench.path("plan.json"));
        let (auth, listing) = (self.auth, self.listing);
        let given = format!(
            "revoke --from leaks.json --tokens - --plan-out plan.json {auth} {listing} {flags}"
        );
        let values: Vec<&str> = tokens.iter().map(|it| &*it.token).collect();
        self.bench.patsweep(&given, &values.join("\n"))
    }

    /// Executes the plan, confirmed, with the values of `tokens` at hand.
    pub(crate) fn execute_with(&self, tokens: &[&Issued], flags: &str) -> Run {
        let given = self.execution(&format!("--from leaks.json --tokens - {flags}"));
        let values: Vec<&str> = tokens.iter().map(|it| &*it.token).collect();
        self.bench.plain(&given, &values.join("\n"))
    }

    /// The id of the plan that was written.
    pub(crate) fn plan_id(&self) -> String {
        let text = fs::read_to_string(self.bench.path("plan.json")).expect("a plan");
        let plan: Value = serde_json::from_str(&text).expect("JSON");
        plan["plan"].as_str().expect("an id").to_owned()
    }

    /// Executes the plan, confirmed, with further `flags`.
    pub(crate) fn execute(&self, flags: &str) -> Run {
        self.bench.plain(&self.execution(flags), "")
    }

    /// The arguments for that.
    pub(crate) fn execution(&self, flags: &str) -> String {
        let (id, url) = (self.plan_id(), &self.bench.fake.url);
        format!(
            "revoke --execute --plan plan.json --confirm {id} --journal journal.jsonl \
             {} --azure-devops-url {url} {flags}",
            self.auth
        )
    }

    pub(crate) fn resume(&self, flags: &str) -> Run {
        let given = format!(
            "revoke --resume --journal journal.jsonl {} {flags}",
            self.auth
        );
        self.bench.patsweep(&given, "")
    }

    /// Has revocations show after so many seconds, in one way or the other.
    pub(crate) fn order_delay(&self, behavior: &str, seconds: u64) {
        self.order(&json!({ "behavior": behavior, "delay_s": seconds }));
    }

    /// Has the next revocations be turned away for a second.
    pub(crate) fn order_throttled(&self, times: u64) {
        self.order(&json!({
            "target": { "path": "/revocations" },
            "behavior": "throttled",
            "times": times,
            "delay_s": 1,
        }));
    }

    /// Has the second revocation be turned away for so many seconds.
    pub(crate) fn order_throttled_for(&self, seconds: u64) {
        self.order(&json!({
            "target": { "path": "/revocations" },
            "behavior": "throttled",
            "after": 1,
            "times": 1,
            "delay_s": seconds,
        }));
    }

    /// Has the service's clock go forward.
    pub(crate) fn advance(&self, seconds: u64) {
        self.order(&json!({ "behavior": "advance-clock", "delay_s": seconds }));
    }

    #[track_caller]
    fn order(&self, order: &Value) {
        let got = ask("POST", "/__control").json(order).to(&self.bench.fake);
        assert_eq!(got.status, 204, "{order}: {}", got.text());
    }

    /// Executes the plan where no file can grow beyond a byte.
    #[cfg(unix)]
    pub(crate) fn execute_with_a_full_disk(&self) -> Run {
        let args = self.execution("");
        let mut shell = Command::new("sh");
        // The signal would end the program before it can complain.
        shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
        shell.arg(env!("CARGO_BIN_EXE_patsweep"));
        Run::of(self.bench.start(shell, &args, ""))
    }

    /// The lines of the journal: event and outcome, of one token a line each.
    pub(crate) fn journal(&self) -> Vec<String> {
        let text = fs::read_to_string(self.bench.path("journal.jsonl")).unwrap_or_default();
        let record = |line: &str| -> Value { serde_json::from_str(line).expect("JSON") };
        let short = |record: Value| {
            let text = |key: &str| record[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("event"), text("outcome"), text("c3id"))
        };
        text.lines().map(record).map(short).collect()
    }

    /// Requests that changed something: their authorization ids are in the journal.
    pub(crate) fn writes(&self) -> usize {
        let log = self.bench.log();
        let is_write = |request: &&Value| {
            let is_own = request["path"]
                .as_str()
                .is_some_and(|path| path.starts_with("/__"));
            request["method"] != "GET" && !is_own
        };
        log.iter().filter(is_write).count()
    }

    /// Whether the service still lets `token` in.
    pub(crate) fn is_let_in(&self, token: &Issued) -> bool {
        let path = format!("/dev.azure.com/{}/_apis/connectionData", token.organization);
        get(&path).pat(&token.token).to(&self.bench.fake).status == 200
    }
}

/// The events of one revocation that went well, in order.
pub(crate) fn went_well(token: &Issued) -> Vec<String> {
    let c3id = &token.c3id;
    vec![
        "plan confirmed -".to_owned(),
        format!("intent revoke {c3id}"),
        format!("answer accepted {c3id}"),
        format!("closed closed {c3id}"),
    ]
}
