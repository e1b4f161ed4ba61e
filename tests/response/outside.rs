//! `scan --enforce` is steered by nothing that is part of what it scans.

use std::fs;
use std::process::Command;

use crate::bench::{Run, leak};
use crate::notify::mailhost::pem;
use crate::responder::{Responder, went_well};

const POLICY: &str = "[policy]\nauto_revoke = \"on\"\nexposure = \"any\"\nmax_revocations = 2\n";

/// A leak in `site`, and a policy beside it.
fn site() -> Responder {
    let responder = Responder::new();
    let line = leak("build", responder.live()[0]);
    responder.bench.write("site/.env", &line);
    responder.bench.write("policy.toml", POLICY);
    responder
}

fn enforce(responder: &Responder, target: &str, policy: &str, flags: &str) -> Run {
    let (auth, listing) = (responder.auth, responder.listing);
    let given = format!("scan {target} --enforce --policy {policy} {auth} {listing} {flags}");
    responder.bench.patsweep(&given, "")
}

#[track_caller]
fn assert_refused(responder: &Responder, run: &Run, complaint: &str) {
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains(complaint),
        "{complaint}\n{}",
        run.stderr
    );
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(responder.live()[0]));
}

#[track_caller]
fn git(responder: &Responder, folder: &str, args: &str) {
    let name = ["-c", "user.name=x", "-c", "user.email=x@contoso.example"];
    let run = Command::new("git")
        .args(name)
        .args(args.split(' '))
        .current_dir(responder.bench.path(folder))
        .output()
        .expect("git runs");
    assert!(run.status.success(), "{args}: {run:?}");
}

/// Whoever commits a leak can commit a policy, and it stands in all work trees.
#[test]
fn all_of_a_repository_is_inside() {
    let responder = site();
    responder.bench.write("site/policy.toml", POLICY);
    for args in ["init -q", "add .", "commit -qm leak"] {
        git(&responder, "site", args);
    }
    for tree in ["../tree", "../group/tree"] {
        git(
            &responder,
            "site",
            &format!("worktree add -q {tree} --detach"),
        );
    }
    git(&responder, "", "clone -q --bare site bare.git");
    git(&responder, "bare.git", "worktree add -q ../bared --detach");
    for (target, policy) in [
        ("site/.git", "site/policy.toml"),
        ("tree", "site/policy.toml"),
        ("site", "tree/policy.toml"),
        ("site/.git", "tree/policy.toml"),
        ("tree", "group/tree/policy.toml"),
        ("group", "site/policy.toml"),
        ("bare.git", "bared/policy.toml"),
        ("bared/policy.toml", "bare.git/description"),
    ] {
        let run = enforce(&responder, target, policy, "");
        let why =
            format!("error: {policy} is inside of what is scanned, the repository of {target}\n");
        assert_refused(&responder, &run, &why);
    }
    // Of another repository it is not, though that one stands in it.
    let run = enforce(&responder, "tree", "bared/policy.toml", "");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let token = responder.live()[0];
    assert!(!responder.is_let_in(token), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn links_through_what_is_scanned_are_inside() {
    use std::os::unix::fs::symlink;

    let responder = site();
    let bench = &responder.bench;
    let outside = bench.write("lax/policy.toml", POLICY);
    symlink(outside.parent().expect("a folder"), bench.path("site/hop")).expect("a link");
    symlink("site/hop", bench.path("hop")).expect("a link");
    let run = enforce(&responder, "site", "hop/policy.toml", "");
    let why = "error: hop/policy.toml is inside of what is scanned, site\n";
    assert_refused(&responder, &run, why);
}

/// All that is read has a say: answers, lists, what was done, and whom to trust.
#[test]
fn nothing_that_is_read_is_inside() {
    let responder = site();
    let bench = &responder.bench;
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let authority = authority.expect("a certificate");
    let ca = bench.write("site/ca.pem", &pem("CERTIFICATE", authority.cert.der()));
    bench.write("site/secret", &bench.fake.admin_pat);
    let credentials = "[[credentials]]\norganizations = [\"northwind\"]\nauth = \"pat\"\n\
                       secret-file = \"site/secret\"\n";
    bench.write("credentials.toml", credentials);
    let smtp =
        "[notify.smtp]\nhost = \"localhost\"\nport = 25\nfrom = \"leaks@patsweep.example\"\n";
    bench.write(
        "smtp.toml",
        &format!("{smtp}ca_file = '{}'\n", ca.display()),
    );
    let webhook = "[[notify.webhook]]\nkind = \"slack\"\nurl = \"https://localhost/\"\n";
    bench.write(
        "webhook.toml",
        &format!("{webhook}ca_file = \"site/ca.pem\"\n"),
    );
    for (file, flags) in [
        ("site/new/cache.json", "--cache=site/new/cache.json"),
        ("site/state.json", "--inventory-state site/state.json"),
        ("site/journal.jsonl", "--journal site/journal.jsonl"),
        ("site/ca.pem", "--ca-file site/ca.pem"),
        ("site/secret", "--auth-file site/secret"),
        ("site/secret", "--config credentials.toml"),
        (&*ca.display().to_string(), "--config smtp.toml"),
        ("site/ca.pem", "--config webhook.toml"),
    ] {
        let run = enforce(&responder, "site", "policy.toml", flags);
        let why = format!("error: {file} is inside of what is scanned, site\n");
        assert_refused(&responder, &run, &why);
    }
}

/// A home that is scanned holds what is kept there, also before it is written for the first time.
#[cfg(unix)]
#[test]
fn what_is_kept_by_default_is_not_inside_either() {
    let responder = site();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = |name: &str| elsewhere.path().join(name).display().to_string();
    let policy = file("policy.toml");
    fs::write(&policy, POLICY).expect("a policy");
    let run = enforce(&responder, ".", &policy, "");
    let journal = ".local/state/patsweep/journal.jsonl is inside of what is scanned, .\n";
    assert_refused(&responder, &run, journal);
    let flags = format!("--journal {} --cache", file("journal.jsonl"));
    let run = enforce(&responder, ".", &policy, &flags);
    let cache = ".cache/patsweep/verification.json is inside of what is scanned, .\n";
    assert_refused(&responder, &run, cache);
}

#[test]
fn what_steers_from_outside_does() {
    let responder = site();
    let flags = "--cache=cache.json --inventory-state state.json --journal journal.jsonl";
    let run = enforce(&responder, "site", "policy.toml", flags);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(responder.journal(), went_well(responder.live()[0]));
}
