//! A crash at any point leaves a journal that tells where to go on.

use std::collections::BTreeSet;
use std::process::Command;

use crate::bench::Run;
use crate::responder::{Responder, went_well};

/// Executes the plan and crashes at the point `at`; `None` where it crashed.
fn execute(responder: &Responder, at: u64) -> Option<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patsweep"));
    command.env("PATSWEEP_CRASH_AT", at.to_string());
    let args = responder.execution("");
    let mut started = responder.bench.start(command, &args, "");
    let status = started.child.wait().expect("the program ends");
    status.code().map(|_| Run::of(started))
}

/// Crashes at every point of an execution, and goes on.
#[track_caller]
fn check(behavior: Option<&str>) {
    let mut at = 0;
    loop {
        at += 1;
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], "--exposure public");
        if let Some(behavior) = behavior {
            responder.bench.order("/tokenadmin/", behavior, 999);
        }
        if let Some(run) = execute(&responder, at) {
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(responder.journal(), went_well(token));
            break;
        }
        let told: BTreeSet<_> = responder.journal().into_iter().collect();
        let expected: BTreeSet<_> = went_well(token).into_iter().collect();
        assert!(told.is_subset(&expected), "{at}: {told:?}");
        let run = responder.resume("");
        assert_eq!(run.code, 0, "{at}: {}{}", run.stdout, run.stderr);
        if run.stdout == "nothing is open\n" {
            let run = responder.execute("");
            assert_eq!(run.code, 0, "{at}: {}{}", run.stdout, run.stderr);
        }
        assert!(!responder.is_let_in(token), "{at}");
        assert!((1..=2).contains(&responder.writes()), "{at}");
        let journal = responder.journal();
        let closed = format!("closed closed {}", token.c3id);
        assert_eq!(journal.last(), Some(&closed), "{at}: {journal:?}");
        // Nothing was sent without an intent; one crash may stand between the two.
        let intents = journal.iter().filter(|it| it.starts_with("intent")).count();
        let writes = responder.writes();
        assert!(
            (writes..=writes + 1).contains(&intents),
            "{at}: {journal:?}"
        );
        let verified = responder
            .bench
            .plain("journal verify --journal journal.jsonl", "");
        assert_eq!(verified.code, 0, "{at}: {}", verified.stdout);
    }
    // A plan, an intent, an answer, an end; two looks and an order: each before and after.
    assert_eq!(at - 1, 14);
}

#[test]
fn any_crash_is_survived() {
    check(None);
}

#[test]
fn any_crash_is_survived_where_revoked_tokens_vanish_from_the_list() {
    check(Some("revoked-vanish"));
}
