//! A responder: somebody with leaks, an administrator's token and a journal.

use std::fs;
use std::process::Command;

use patsweep::model::Timestamp;
use patsweep::respond::journal::{Entry, Journal, inspect};
use patsweep::respond::notify::Notice;
use patsweep::respond::plan::{Order, Plan};
use serde_json::{Value, json};

use crate::bench::{Bench, Run, leak};
use crate::client::{ask, get};
use crate::notify::recorder::Recorder;
use crate::service::Issued;

pub(crate) struct Responder {
    pub(crate) bench: Bench,
    /// As whom to act, and where.
    pub(crate) auth: &'static str,
    /// What the lists are read for.
    pub(crate) listing: &'static str,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    code: i32,
    /// Event, outcome and token of each line of the journal.
    journal: Vec<String>,
    /// Requests so far that changed something.
    writes: usize,
    /// Which tokens the service lets in.
    alive: Vec<bool>,
}

impl Ended {
    /// With `code`, this journal, so many writes, and these tokens alive.
    pub(crate) fn with(code: i32, journal: &[&str], writes: usize, alive: &[bool]) -> Self {
        Self {
            code,
            journal: journal.iter().map(|line| (*line).to_owned()).collect(),
            writes,
            alive: alive.to_vec(),
        }
    }
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

    /// Somebody who signs in as an application.
    pub(crate) fn application() -> Self {
        let bench = Bench::new();
        let fake = &bench.fake;
        let [tenant, client, secret] =
            [&fake.tenant, &fake.client_id, &fake.client_secret].map(String::clone);
        let bench = bench
            .with("AZURE_TENANT_ID", &tenant)
            .with("AZURE_CLIENT_ID", &client)
            .with("AZURE_CLIENT_SECRET", &secret);
        Self {
            auth: "--auth client-secret --org contoso",
            ..Self::of(bench)
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
        self.plan_text()["plan"].as_str().expect("an id").to_owned()
    }

    /// Writes the plan anew as `change` has it, sealed as if it had been made so.
    #[track_caller]
    pub(crate) fn change_plan(&self, change: impl FnOnce(&mut Value)) {
        let path = self.bench.path("plan.json");
        let mut plan = self.plan_text();
        change(&mut plan);
        let made_at: jiff::Timestamp = plan["made_at"]
            .as_str()
            .and_then(|at| at.parse().ok())
            .expect("a time");
        fs::remove_file(&path).expect("a plan");
        Plan::new(all::<Order>(&plan["orders"]))
            .with_notices(all::<Notice>(&plan["notices"]))
            .with_leaks(all::<String>(&plan["leaks"]))
            .with_unknown(all::<String>(&plan["unknown"]))
            .made_at(Timestamp(made_at.as_second()))
            .save(&path)
            .expect("a plan");
    }

    /// The plan that was written.
    pub(crate) fn plan_text(&self) -> Value {
        let text = fs::read_to_string(self.bench.path("plan.json")).expect("a plan");
        serde_json::from_str(&text).expect("JSON")
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

    /// Gives an order to the service.
    #[track_caller]
    pub(crate) fn order(&self, order: &Value) {
        let got = ask("POST", "/__control").json(order).to(&self.bench.fake);
        assert_eq!(got.status, 204, "{order}: {}", got.text());
    }

    /// Executes the plan where no file can grow beyond so many blocks of 512 bytes.
    #[cfg(unix)]
    pub(crate) fn execute_with_a_full_disk(&self, blocks: usize) -> Run {
        let args = self.execution("");
        let mut shell = Command::new("sh");
        // The signal would end the program before it can complain.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script]);
        shell.arg(env!("CARGO_BIN_EXE_patsweep"));
        Run::of(self.bench.start(shell, &args, ""))
    }

    /// Plants something at the service, and gives its answer.
    #[track_caller]
    pub(crate) fn plant(&self, order: &Value) -> Value {
        let got = ask("POST", "/__plant").json(order).to(&self.bench.fake);
        assert_eq!(got.status, 200, "{order}: {}", got.text());
        got.json()
    }

    /// Adds a token of `owner`, at contoso, that began so many days from now.
    #[track_caller]
    pub(crate) fn plant_pat(&self, name: &str, owner: &str, scope: &str, days: i64) -> Issued {
        let owner = format!("{owner}@contoso.example");
        let planted = self.plant(&json!({ "pat": {
            "name": name,
            "owner": owner,
            "scope": scope,
            "organizations": ["contoso"],
            "from_days": days,
            "to_days": 40,
        }}));
        let text = |key: &str| planted[key].as_str().expect("a text").to_owned();
        Issued {
            token: text("token"),
            state: "active",
            organization: "contoso".to_owned(),
            c3id: text("c3id"),
            authorization_id: Some(text("authorization_id")),
            owner: Some(owner),
            generation: "new",
        }
    }

    /// With posts of what people are told to `recorder`; `text` is what else is configured.
    pub(crate) fn telling(self, recorder: &Recorder, text: &str) -> Self {
        let bench = self.bench.with("HOOK_SECRET", "shared between two");
        let url = recorder.url();
        let hook = format!(
            "{text}\n[[notify.webhook]]\nkind = \"json\"\nurl = \"{url}\"\n\
             secret_env = \"HOOK_SECRET\"\n"
        );
        bench.write("config.toml", &hook);
        Self { bench, ..self }
    }

    /// Has everything in the journal happened so many seconds earlier.
    pub(crate) fn age_journal(&self, seconds: i64) {
        let path = self.bench.path("journal.jsonl");
        let records = inspect(&path).expect("a journal").records;
        fs::remove_file(&path).expect("a journal");
        let mut journal = Journal::open(&path, "somebody").expect("a journal");
        for record in records {
            let at: jiff::Timestamp = record.at.parse().expect("a time");
            let entry = Entry {
                event: record.event,
                plan: record.plan.as_deref(),
                c3id: record.c3id.as_deref(),
                organization: record.organization.as_deref(),
                authorization_id: record.authorization_id.as_deref(),
                evidence: record.evidence,
                outcome: record.outcome.as_deref(),
            };
            let at = Timestamp(at.as_second() - seconds);
            journal.write(entry, at).expect("a line");
        }
    }

    /// How a run ended that is about `tokens`, which are called A, B and so on.
    pub(crate) fn ended(&self, run: &Run, tokens: &[&Issued]) -> Ended {
        let named = |line: String| {
            let names = ('A'..='Z').map(String::from);
            let all = tokens.iter().zip(names);
            all.fold(line, |line, (token, name)| line.replace(&token.c3id, &name))
        };
        Ended {
            code: run.code,
            journal: self.journal().into_iter().map(named).collect(),
            writes: self.writes(),
            alive: tokens.iter().map(|token| self.is_let_in(token)).collect(),
        }
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
            let starts = |key: &str, start: &str| {
                let text = request[key].as_str();
                text.is_some_and(|text| text.starts_with(start))
            };
            let changes_nothing = starts("path", "/__") || starts("host", "login.");
            request["method"] != "GET" && !changes_nothing
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

/// All items of a list in a plan.
#[track_caller]
fn all<T: serde::de::DeserializeOwned>(list: &Value) -> Vec<T> {
    let items = list.as_array().into_iter().flatten();
    let read = |item: &Value| serde_json::from_value(item.clone());
    items.map(|item| read(item).expect("of the plan")).collect()
}

/// What a run says that finds nothing to do but `token`, which was left alone.
pub(crate) fn one_left(token: &Issued) -> String {
    format!("nothing is open\n{}\n", left_alone(token))
}

/// What is said of `token`, which was left alone, before the reason.
pub(crate) fn left_alone(token: &Issued) -> String {
    format!("left alone  {}\n            it may still work", token.c3id)
}
