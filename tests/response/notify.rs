//! Who is told of what is done, and what becomes of it where they cannot be reached.

mod mailhost;
mod recorder;

use std::fs;

use serde_json::Value;

use crate::responder::{Responder, went_well};
use crate::service::Issued;
use mailhost::{MailHost, PASSWORD};
use recorder::Recorder;

/// What posts are signed with.
const SECRET: &str = "shared between two";
/// The file in which leaks are found.
const PATH: &str = "conf/production.env";

/// A responder whose configuration tells people.
fn responder(configuration: &str) -> Responder {
    let responder = Responder::new();
    let bench = responder.bench.with("SMTP_PASSWORD", PASSWORD);
    let responder = Responder {
        bench: bench.with("HOOK_SECRET", SECRET),
    };
    responder.bench.write("config.toml", configuration);
    responder
}

fn json_hook(recorder: &Recorder) -> String {
    let url = recorder.url();
    format!("[[notify.webhook]]\nkind = \"json\"\nurl = \"{url}\"\nsecret_env = \"HOOK_SECRET\"\n")
}

fn hook(recorder: &Recorder, kind: &str) -> String {
    let url = recorder.url();
    format!("[[notify.webhook]]\nkind = \"{kind}\"\nurl = \"{url}\"\n")
}

/// Makes a plan about `tokens`, found in a file.
fn plan(responder: &Responder, tokens: &[&Issued], flags: &str) {
    let leaks: String = tokens
        .iter()
        .map(|token| crate::bench::leak("build", token))
        .collect();
    responder.bench.write(PATH, &leaks);
    let scanned = responder.bench.plain("scan conf -f json", "");
    responder.bench.write("leaks.json", &scanned.stdout);
    let _absent = fs::remove_file(responder.bench.path("plan.json"));
    let given = format!(
        "revoke --from leaks.json --source . --plan-out plan.json --auth pat --org contoso \
         --inventory full --config config.toml {flags}"
    );
    let run = responder.bench.patsweep(&given, "");
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
}

const CONFIGURED: &str = "--config config.toml";

/// The lines of the journal about notifications: outcome, kind, channel and recipient.
fn notified(responder: &Responder) -> Vec<String> {
    let lines = records(responder).into_iter();
    let lines = lines.filter(|line| line["event"] == "notify");
    lines
        .map(|line| {
            let evidence = &line["evidence"];
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let channel = text(&evidence["channel"]);
            let channel = channel.split(':').next().unwrap_or_default().to_owned();
            format!(
                "{} {} {channel} {}",
                text(&line["outcome"]),
                text(&evidence["kind"]),
                text(&evidence["recipient"])
            )
        })
        .collect()
}

fn records(responder: &Responder) -> Vec<Value> {
    let text = fs::read_to_string(responder.bench.path("journal.jsonl")).unwrap_or_default();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn owner(token: &Issued) -> String {
    token.owner.clone().expect("an owner")
}

#[test]
fn owners_and_channels_are_told_in_order() {
    let recorder = Recorder::start();
    let Some(mail) = MailHost::start() else {
        return;
    };
    let smtp = mail.configuration(Some(&mail.authority()));
    let responder = responder(&format!("{smtp}{}", json_hook(&recorder)));
    let token = responder.live()[0];
    plan(&responder, &[token], "--exposure public");
    let run = responder.execute(CONFIGURED);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let c3id = &token.c3id;
    let told = format!("notify sent {c3id}");
    let mut expected = went_well(token);
    expected.splice(3..3, [told.clone(), told.clone()]);
    expected.extend([told.clone(), told]);
    assert_eq!(responder.journal(), expected);
    println!("{}", run.stdout);
    for mail in mail.take() {
        println!("{}\n{}\n{}", mail.recipients, mail.raw, mail.text());
    }
    for post in recorder.take() {
        println!("{}\n{:#}", post.head, post.json());
    }
    println!("{:#?}", notified(&responder));
}
