//! A crash at any point leaves a journal that tells where to go on.

use std::fs;
use std::process::Command;

use crate::bench::{Run, leak};
use crate::responder::Responder;
use crate::service::Issued;

const PUBLIC: &str = "--exposure public";

/// A responder who is about to do something.
struct Ready {
    responder: Responder,
    /// What it is about.
    tokens: Vec<Issued>,
    /// The arguments for it.
    command: String,
    /// Further flags with which it is gone on.
    flags: &'static str,
}

impl Ready {
    /// Whoever executes the plan.
    fn to_execute(responder: Responder, tokens: Vec<Issued>, flags: &'static str) -> Self {
        Self {
            command: responder.execution(flags),
            responder,
            tokens,
            flags,
        }
    }

    /// Does it and crashes at the point `at`; `None` where it crashed.
    fn run(&self, at: u64) -> Option<Run> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
        command.env("PATSWEEP_CRASH_AT", at.to_string());
        let mut started = self.responder.bench.start(command, &self.command, "");
        let status = started.child.wait().expect("the program ends");
        status.code().map(|_| Run::of(started))
    }

    /// Goes on after a crash: with what was begun, or with nothing done from the start.
    fn go_on(&self) -> (Run, bool) {
        let journal = self.responder.bench.path("journal.jsonl");
        if journal.exists() {
            let run = self.responder.resume(self.flags);
            if run.stdout != "nothing is open\n" {
                return (run, true);
            }
        }
        let run = self.run(0).expect("it does not crash");
        (run, false)
    }

    /// That all is done and nothing was sent that is not written down.
    #[track_caller]
    fn check(&self, at: u64) {
        let responder = &self.responder;
        let journal = responder.journal();
        for token in &self.tokens {
            assert!(!responder.is_let_in(token), "{at}: {journal:?}");
            let mut about = journal.iter().filter(|line| line.ends_with(&token.c3id));
            let last = about.rfind(|line| !line.starts_with("notify"));
            let closed = format!("closed closed {}", token.c3id);
            assert_eq!(last, Some(&closed), "{at}: {journal:?}");
        }
        let intents = journal.iter().filter(|it| it.starts_with("intent"));
        assert!(responder.writes() <= intents.count(), "{at}: {journal:?}");
        let given = "journal verify --journal journal.jsonl";
        let verified = responder.bench.plain(given, "");
        assert_eq!(verified.code, 0, "{at}: {}", verified.stdout);
        assert_eq!(responder.resume("").stdout, "nothing is open\n", "{at}");
    }
}

/// Crashes at each of so many points of what is `ready`, which ends with `code` where nothing goes
/// wrong, and goes on.
#[track_caller]
fn survive(points: u64, code: i32, ready: impl Fn() -> Ready) {
    let mut at = 0;
    loop {
        at += 1;
        let ready = ready();
        if let Some(run) = ready.run(at) {
            assert_eq!(run.code, code, "{at}: {}{}", run.stdout, run.stderr);
            ready.check(at);
            break;
        }
        let (run, is_resumed) = ready.go_on();
        let expected = if is_resumed { 0 } else { code };
        assert_eq!(run.code, expected, "{at}: {}{}", run.stdout, run.stderr);
        ready.check(at);
    }
    assert_eq!(at - 1, points);
}

/// Somebody with a plan about the first live token.
fn planned(responder: Responder, flags: &'static str) -> Ready {
    let token = responder.live()[0].clone();
    responder.plan(&[&token], PUBLIC);
    Ready::to_execute(responder, vec![token], flags)
}

/// A plan, an intent, an answer and an end are written; asked are who acts, the tenant's policy, the
/// list twice, and the revocation: before and after each.
const PLAIN: u64 = 2 * (4 + 5);

#[test]
fn any_crash_is_survived() {
    survive(PLAIN, 0, || planned(Responder::new(), ""));
}

#[test]
fn any_crash_is_survived_where_revoked_tokens_vanish_from_the_list() {
    survive(PLAIN, 0, || {
        let responder = Responder::new();
        let ready = planned(responder, "");
        let path = "/tokenadmin/";
        ready.responder.bench.order(path, "revoked-vanish", 999);
        ready
    });
}

/// The Azure CLI is asked first, who acts is asked once more, and one's own list is two.
#[cfg(unix)]
#[test]
fn any_crash_of_owners_is_survived() {
    survive(PLAIN + 2 * (1 + 1 + 2), 0, || {
        let responder = Responder::owner();
        let token = responder.live()[0].clone();
        let id = token.authorization_id.as_deref().expect("an id");
        let flags = format!("{PUBLIC} --match {}={id}", token.c3id);
        responder.plan(&[&token], &flags);
        Ready::to_execute(responder, vec![token], "")
    });
}

#[test]
fn any_crash_of_an_application_is_survived() {
    survive(PLAIN + 2, 0, || planned(Responder::application(), ""));
}

/// What does not show is looked at twice, and in the log once.
#[test]
fn any_crash_of_a_watch_is_survived() {
    survive(PLAIN + 2 * (1 + 2), 0, || {
        // Longer than it takes to show, so that it shows however slow this machine is.
        let ready = planned(Responder::new(), "--watch=3s");
        ready.responder.order_delay("revocation-early", 1);
        ready
    });
}

/// The first tokens of contoso that work.
fn two(responder: &Responder) -> Vec<Issued> {
    responder.live().into_iter().take(2).cloned().collect()
}

/// Two intents and answers, both again by half, and two ends: with the plan eleven lines. Who acts, the
/// policy, the list twice, and three revocations.
#[test]
fn any_crash_of_a_batch_that_is_split_is_survived() {
    survive(2 * (11 + 7), 0, || {
        let responder = Responder::new();
        let tokens = two(&responder);
        responder.plan(&tokens.iter().collect::<Vec<_>>(), PUBLIC);
        responder.bench.order("/revocations", "bad-version", 1);
        Ready::to_execute(responder, tokens, "")
    });
}

/// An intent and an answer more, a request, and after the pause a look at the list.
#[test]
fn any_crash_around_a_pause_is_survived() {
    survive(PLAIN + 2 * (2 + 1 + 1), 0, || {
        let ready = planned(Responder::new(), "");
        ready.responder.order_throttled(1);
        ready
    });
}

/// All but the line of the plan twice.
#[test]
fn any_crash_at_two_organizations_is_survived() {
    survive(2 * (7 + 10), 0, || {
        let responder = Responder {
            auth: "--auth pat --org contoso,northwind",
            ..Responder::new()
        };
        let here = responder.live()[0].clone();
        let tokens = responder.bench.fake.tokens.iter();
        let mut others = tokens.filter(|token| token.organization == "northwind");
        let there = others.next().expect("a token of northwind").clone();
        responder.plan(&[&here, &there], PUBLIC);
        Ready::to_execute(responder, vec![here, there], "")
    });
}

/// Six requests more than the plain ones: who acts, everybody, the policy and the list while it is
/// verified and decided, and the token is presented in the end.
#[test]
fn any_crash_of_an_enforcement_is_survived() {
    let policy = "[policy]\nauto_revoke = \"tenant\"\nexposure = \"any\"\nmax_revocations = 2\n";
    survive(PLAIN + 2 * 6, 1, || {
        let responder = Responder::new();
        let token = responder.live()[0].clone();
        responder.bench.write("leaks/.env", &leak("build", &token));
        responder.bench.write("policy.toml", policy);
        let (auth, url) = (responder.auth, &responder.bench.fake.url);
        let command = format!(
            "scan leaks -f json --enforce --policy policy.toml --journal journal.jsonl {auth} \
             --azure-devops-url {url}"
        );
        Ready {
            command,
            responder,
            tokens: vec![token],
            flags: "",
        }
    });
}

/// Nobody can act on a journal that a crash made and nothing stands in.
#[test]
fn the_first_line_is_that_of_the_plan() {
    let ready = planned(Responder::new(), "");
    // Who acts and the policy are asked before anything is written.
    assert!(ready.run(5).is_none());
    let path = ready.responder.bench.path("journal.jsonl");
    assert_eq!(fs::read_to_string(path).expect("a journal"), "");
    assert_eq!(ready.responder.writes(), 0);
}
