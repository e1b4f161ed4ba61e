//! An organisation with tokens and a log of which a test knows all, and output without what changes
//! from run to run.

use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::bench::{Bench, Run};
use crate::client::ask;
use crate::responder::Responder;

/// Days of which outputs are told, from today on.
const DAY: i64 = 86_400;

pub(crate) struct Stage {
    pub(crate) responder: Responder,
    /// C3IDs, which depend on the month of a run, with what stands for them.
    names: Vec<(String, String)>,
    today: i64,
}

/// A token that was put there.
pub(crate) struct Planted {
    pub(crate) token: String,
    pub(crate) c3id: String,
    pub(crate) id: String,
}

/// When it is, in seconds since 1970.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Whether `text` is what stands under `name` among the golden outputs.
#[track_caller]
pub(crate) fn check(name: &str, text: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/response/golden");
    let path = std::path::Path::new(folder).join(name);
    if std::env::var_os("PATSWEEP_BLESS").is_some() {
        std::fs::write(&path, text).expect("a file");
    }
    let expected = std::fs::read_to_string(&path).expect("a golden output");
    assert_eq!(text, expected, "{name}");
}

impl Stage {
    /// Contoso without any token that a list holds.
    pub(crate) fn empty() -> Self {
        let stage = Self {
            responder: Responder::new(),
            names: Vec::new(),
            today: now().div_euclid(DAY),
        };
        stage.plant(&json!({ "forget": true }));
        stage
    }

    pub(crate) fn bench(&self) -> &Bench {
        &self.responder.bench
    }

    #[track_caller]
    fn plant(&self, order: &Value) -> Value {
        let got = ask("POST", "/__plant").json(order).to(&self.bench().fake);
        assert_eq!(got.status, 200, "{order}: {}", got.text());
        got.json()
    }

    /// Adds a token of `owner`, whose account is at contoso; `more` replaces what is plain.
    #[track_caller]
    pub(crate) fn pat(&mut self, name: &str, owner: &str, more: &Value) -> Planted {
        let mut pat = json!({
            "name": name,
            "owner": format!("{owner}@contoso.example"),
            "scope": "vso.code",
            "organizations": ["contoso"],
            "from_days": -20,
            "to_days": 40,
        });
        for (key, value) in more.as_object().expect("an object") {
            pat[key] = value.clone();
        }
        let planted = self.plant(&json!({ "pat": pat }));
        let text = |key: &str| planted[key].as_str().expect("a text").to_owned();
        let c3id = text("c3id");
        self.names.push((c3id.clone(), format!("<{name}>")));
        Planted {
            token: text("token"),
            c3id,
            id: text("authorization_id"),
        }
    }

    /// Adds an entry of the log: so many days from now, by `actor`, with a token or without.
    #[track_caller]
    pub(crate) fn event(
        &self,
        (days, actor): (i64, &str),
        with: Option<&Planted>,
        action: &str,
        more: &Value,
    ) {
        let area = action.split('.').next().expect("an area");
        let mut event = json!({
            "days": days,
            "actor": format!("{actor}@contoso.example"),
            "with": with.map(|pat| &pat.id),
            "action": action,
            "area": area,
            "category": "modify",
            "details": format!("{action} by {actor} on day {days}"),
            "ip": "198.51.100.7",
            "agent": "git/2.51",
        });
        for (key, value) in more.as_object().expect("an object") {
            event[key] = value.clone();
        }
        self.plant(&json!({ "event": event }));
    }

    /// Runs `patsweep ARGS` as an administrator of contoso.
    pub(crate) fn run(&self, args: &str) -> Run {
        let args = format!("{args} --org contoso --auth pat");
        self.bench().patsweep(&args, "")
    }

    /// Whether `text` is the output `name` among the golden ones, which `PATSWEEP_BLESS=1` writes anew.
    #[track_caller]
    pub(crate) fn check(&self, name: &str, text: &str) {
        check(name, &self.lasting(text));
    }

    /// `text` with days told from today on, as `D-00000012`, times as `HH:MM`, and C3IDs by name.
    pub(crate) fn lasting(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (c3id, name) in &self.names {
            text = text.replace(c3id, name);
        }
        // Before that day and after it.
        let text = text
            .replace("will stop working on 2026-12-01", "stop on <the end>")
            .replace("have stopped working on 2026-12-01", "stop on <the end>")
            .replace("_end\": \"2026-12-01T00:00:00Z\"", "_end\": \"<the end>\"");
        let ids = Regex::new(r"\d{10};[0-9a-f-]{36}").expect("a regex");
        let text = ids.replace_all(&text, "<id>");
        let days = Regex::new(r"\d{4}-\d{2}-\d{2}").expect("a regex");
        let text = days.replace_all(&text, |found: &Captures<'_>| {
            let day: jiff::civil::Date = found[0].parse().expect("a day");
            let start = day.to_zoned(jiff::tz::TimeZone::UTC).expect("a day");
            let day = start.timestamp().as_second().div_euclid(DAY);
            format!("D{:+09}", day - self.today)
        });
        let months = Regex::new(r"\b\d{4}-\d{2}\b").expect("a regex");
        let text = months.replace_all(&text, "YYYY-MM");
        let times = Regex::new(r"\d{2}:\d{2}(:\d{2}Z)?").expect("a regex");
        times.replace_all(&text, "<time>").into_owned()
    }
}
