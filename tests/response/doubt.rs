//! What makes a match doubtful: clocks, dates that anybody can forge, reports that were changed,
//! scopes that do not fit.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::leak;
use crate::responder::{Ended, Responder};
use crate::service::Issued;

const PUBLIC: &str = "--exposure public";
const PROBABLE: &str = "--exposure public --accept-probable";
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// A responder whose lists tell no C3ID, with the plan of a probable match.
fn probable() -> Responder {
    let responder = Responder::new();
    let path = "/tokenadmin/personalaccesstokens";
    responder.bench.order(path, "c3id-absent", 999);
    responder.plan(&[responder.live()[0]], PROBABLE);
    assert_eq!(responder.plan_text()["orders"][0]["matched"], "probable");
    responder
}

/// What the service takes for the time does not matter: when a token was let in, our clock tells.
#[test]
fn the_clock_of_the_service_decides_nothing() {
    for skew in [-4000, 4000] {
        let responder = Responder::new();
        responder.order(&json!({ "behavior": "clock-skew", "delay_s": skew }));
        let path = "/tokenadmin/personalaccesstokens";
        responder.bench.order(path, "c3id-absent", 999);
        let token = responder.live()[0];
        responder.plan(&[token], PROBABLE);
        let run = responder.execute("--watch=1s");
        let journal = [
            "plan confirmed -",
            "intent revoke A",
            "answer accepted A",
            "closed closed A",
        ];
        let ended = Ended::with(0, &journal, 1, &[false]);
        assert_eq!(
            responder.ended(&run, &[token]),
            ended,
            "{skew} {}",
            run.stdout
        );
    }
}

#[test]
fn a_clock_that_was_put_back_makes_nothing_probable() {
    for (seconds, is_fresh) in [(-290, true), (-310, false), (60, false)] {
        let responder = probable();
        responder.change_plan(|plan| {
            let accepted_at = &mut plan["orders"][0]["grounds"]["accepted_at"];
            *accepted_at = (accepted_at.as_i64().expect("a time") + seconds).into();
        });
        let run = responder.execute("");
        let token = responder.live()[0];
        let ended = if is_fresh {
            let journal = [
                "plan confirmed -",
                "intent revoke A",
                "answer accepted A",
                "closed closed A",
            ];
            Ended::with(0, &journal, 1, &[false])
        } else {
            let journal = ["plan confirmed -", "confirm dropped A"];
            Ended::with(1, &journal, 0, &[true])
        };
        assert_eq!(
            responder.ended(&run, &[token]),
            ended,
            "{seconds} {}",
            run.stdout
        );
    }
}

/// What was accepted is not sent again for 65 minutes, unless it was accepted by a clock that was wrong.
#[test]
fn an_effect_has_65_minutes_by_any_clock() {
    let responder = Responder::new();
    let token = responder.live()[0];
    responder.plan(&[token], PUBLIC);
    responder.order_delay("revocation-early", 1_000_000);
    assert_eq!(responder.execute("").code, 6);
    for (seconds, writes) in [(64 * 60, 1), (2 * 60, 2), (-DAY, 3)] {
        responder.age_journal(seconds);
        let run = responder.resume("");
        assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
        assert_eq!(responder.writes(), writes, "{seconds}: {}", run.stdout);
    }
}

/// A day of the month before this one, so many days from now.
fn day_of_last_month(day: i64) -> i64 {
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let last = today.first_of_month().yesterday().expect("a day");
    let wanted = last
        .first_of_month()
        .saturating_add(jiff::Span::new().days(day - 1));
    let days = |date: jiff::civil::Date| {
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).expect("a day");
        start.timestamp().as_second().div_euclid(DAY)
    };
    days(wanted) - days(today)
}

/// A repository whose only commit holds `token`, scanned; the report.
fn scanned(responder: &Responder, token: &Issued) -> Value {
    let bench = &responder.bench;
    bench.write("site/.env", &leak("build", token));
    for args in [
        &["init", "-q"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "commit",
            "-qm",
            "start",
        ],
    ] {
        let git = Command::new("git")
            .args(args)
            .current_dir(bench.path("site"))
            .status();
        assert!(git.expect("git runs").success(), "{args:?}");
    }
    bench.plain("scan site -f json", "").report()
}

/// Plans what `report` tells, with the value of `token` at hand.
fn plan(responder: &Responder, report: &Value, token: &Issued, flags: &str) -> String {
    let bench = &responder.bench;
    bench.write("forged.json", &report.to_string());
    let _absent = fs::remove_file(bench.path("plan.json"));
    let auth = responder.auth;
    let given = format!(
        "revoke --from forged.json --tokens - --plan-out plan.json {auth} {flags} {PROBABLE}"
    );
    let run = bench.patsweep(&given, &token.token);
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    run.stdout
}

/// Whoever writes a repository or a report chooses its dates: of two that look alike none becomes
/// sure by one, and one that is sure without becomes doubtful.
#[test]
fn forged_dates_of_commits_choose_nothing() {
    let responder = Responder::new();
    let path = "/tokenadmin/personalaccesstokens";
    responder.bench.order(path, "c3id-absent", 999);
    // Of one month, and of one owner who has no others.
    let (early, late) = (day_of_last_month(5), day_of_last_month(20));
    let first = responder.plant_pat("one", "priya", "vso.code", early);
    let report = scanned(&responder, &first);
    let dated = |days: i64| {
        let at = jiff::Timestamp::now().as_second() + days * DAY;
        let at = jiff::Timestamp::from_second(at).expect("a time");
        let mut forged = report.clone();
        let date = &mut forged["findings"][0]["exposure"]["first"]["date"];
        assert!(date.is_string(), "{report:#}");
        *date = at.to_string().into();
        forged
    };
    let alone = plan(&responder, &dated(0), &first, "");
    assert!(alone.contains("1 token to revoke"), "{alone}");
    // A day before it began is a clock that was wrong; more is a lie.
    let doubtful = plan(&responder, &dated(early - 2), &first, "");
    assert!(doubtful.contains("0 tokens to revoke"), "{doubtful}");
    assert!(doubtful.contains("matched   ambiguous"), "{doubtful}");
    let second = responder.plant_pat("two", "priya", "vso.code", late);
    for days in [0, i64::midpoint(early, late), late + 1] {
        for token in [&first, &second] {
            let mut report = dated(days);
            report["findings"][0]["id"] = token.c3id.clone().into();
            let shown = plan(&responder, &report, token, "");
            assert!(shown.contains("0 tokens to revoke"), "{days} {shown}");
            let why = "matched   ambiguous: it may be any of 2 tokens";
            assert!(shown.contains(why), "{days} {shown}");
        }
    }
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(&first) && responder.is_let_in(&second));
}

/// A report that was changed to name somebody else's token.
#[test]
fn a_report_that_names_another_token_proves_nothing() {
    let responder = Responder::new();
    let [token, victim] = [responder.live()[0], responder.live()[1]];
    let bench = &responder.bench;
    bench.write("site/.env", &leak("build", token));
    let scanned = bench.plain("scan site -f json", "").stdout;
    bench.write("forged.json", &scanned.replace(&token.c3id, &victim.c3id));
    let propose = |auth: &str| {
        let _absent = fs::remove_file(bench.path("plan.json"));
        let given =
            format!("revoke --from forged.json --source . --plan-out plan.json {auth} {PROBABLE}");
        bench.patsweep(&given, "")
    };
    // Nobody's list is read, and what stands there is no value of that token: nobody is asked with it.
    let run = propose("--org contoso");
    let why = "matched   not: no list that was read holds it";
    assert!(run.stdout.contains(why), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    assert!(!bench.was_presented(token) && !bench.was_presented(victim));
    let listing = format!("{} --inventory full", responder.auth);
    // The list holds that token: it works, and that it leaked was not looked at again.
    let run = propose(&listing);
    assert!(
        run.stdout
            .contains("certain: the list of contoso holds its C3ID"),
        "{}",
        run.stdout
    );
    let because = "  because   the place where it is said to have leaked does not hold it: the report \
                   is out of date, or means somebody else's\n";
    assert!(run.stdout.contains(because), "{}", run.stdout);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    assert_eq!(responder.plan_text()["orders"], json!([]));
    let left = &responder.plan_text()["notices"][0];
    assert_eq!(left["c3id"], victim.c3id.as_str());
    // That somebody has the value proves that it got out.
    let _absent = fs::remove_file(bench.path("plan.json"));
    let given = "revoke --from forged.json --source . --tokens - --plan-out plan.json";
    let given = format!("{given} {listing} {PROBABLE}");
    let run = bench.patsweep(&given, &victim.token);
    let note =
        "the place where it leaked does not hold it any more; its value was had from elsewhere";
    assert!(run.stdout.contains(note), "{}{}", run.stdout, run.stderr);
    let order = &responder.plan_text()["orders"][0];
    assert_eq!(
        (&order["c3id"], &order["grounds"]["exposure_rechecked"]),
        (&victim.c3id.clone().into(), &false.into())
    );
    // Nobody looked there: that is said, and it is for people to judge.
    let given = format!("revoke --from forged.json {listing} {PROBABLE}");
    let run = bench.patsweep(&given, "");
    let note = "exposure not re-checked: the place where it leaked was not read again";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    // The file is no more.
    fs::remove_file(bench.path("site/.env")).expect("a file");
    let run = propose(&listing);
    assert!(run.stdout.contains(because), "{}", run.stdout);
    bench.write("site/.env", &leak("build", token));
    // Where the list does not tell it, nothing is ordered.
    bench.order("/tokenadmin/personal", "c3id-absent", 999);
    let run = propose(&listing);
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    assert!(!bench.was_presented(token), "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
    assert!(responder.is_let_in(victim));
}

/// The only record that is left need not be the one: its scopes may say that it is another.
#[test]
fn probed_scopes_that_do_not_fit_make_it_doubtful() {
    let responder = Responder::new();
    let token = responder.live()[0];
    // No list holds the leaked one any more, and its owner has another of the same month.
    responder.plant(&json!({ "forget": true }));
    let issued = 1_796_083_200 - 200 * DAY;
    let days = (issued - jiff::Timestamp::now().as_second()).div_euclid(DAY);
    responder.plant_pat("packages", "noor", "vso.packaging", days);
    let path = "/tokenadmin/personalaccesstokens";
    responder.bench.order(path, "c3id-absent", 999);
    let run = responder.plan(&[token], PROBABLE);
    assert!(run.stdout.contains("1 token to revoke"), "{}", run.stdout);
    let run = responder.plan(&[token], &format!("{PROBABLE} --probe-scopes"));
    assert!(run.stdout.contains("0 tokens to revoke"), "{}", run.stdout);
    assert!(run.stdout.contains("matched   ambiguous"), "{}", run.stdout);
    assert_eq!(responder.writes(), 0);
    // None is chosen by its scopes.
    responder.plant_pat("all of it", "noor", "app_token", days);
    let run = responder.plan(&[token], &format!("{PROBABLE} --probe-scopes"));
    assert!(
        run.stdout.contains("may be any of 2 tokens"),
        "{}",
        run.stdout
    );
}

/// That no list holds it does not end it, where somebody can look.
#[test]
fn what_is_on_no_list_any_more_and_works_is_told_as_that() {
    for (has_value, code, why) in [
        (false, 1, "revoked by somebody, or never theirs"),
        (true, 4, "contoso still lets it in"),
    ] {
        let responder = Responder::new();
        let token = responder.live()[0];
        responder.plan(&[token], "--exposure public");
        responder.plant(&json!({ "forget": true }));
        let run = if has_value {
            responder.execute_with(&[token], "")
        } else {
            responder.execute("")
        };
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(why), "{}", run.stdout);
        assert_eq!(responder.writes(), 0);
        assert!(responder.is_let_in(token));
    }
}

/// What was shown is what is revoked: one that is recorded otherwise by now is left alone.
#[test]
fn a_record_that_differs_is_dropped() {
    for (certainty, field, value, why) in [
        (
            "certain",
            "scopes",
            json!(["vso.profile_write"]),
            "its scopes are not those that were",
        ),
        (
            "certain",
            "valid_from",
            json!(1),
            "it does not begin when it was",
        ),
        (
            "certain",
            "valid_to",
            json!(1),
            "it does not end when it was",
        ),
        (
            "asserted",
            "scopes",
            json!(["vso.profile_write"]),
            "its scopes are not those that were",
        ),
        (
            "asserted",
            "name",
            json!("harmless"),
            "its name is not the one that was",
        ),
    ] {
        let responder = Responder::new();
        let token = responder.live()[0];
        let id = token.authorization_id.as_deref().expect("an id");
        if certainty == "asserted" {
            responder.bench.order("/tokenadmin/", "c3id-absent", 999);
        }
        let flags = format!("--exposure public --match {}={id}", token.c3id);
        responder.plan(&[token], &flags);
        let order = &responder.plan_text()["orders"][0];
        assert_eq!(order["matched"], certainty);
        assert!(!order["grounds"]["recorded"][field].is_null(), "{order:#}");
        responder.change_plan(|plan| {
            plan["orders"][0]["grounds"]["recorded"][field] = value.clone();
        });
        let run = responder.execute("");
        assert!(
            run.stdout.starts_with("dropped "),
            "{field}: {}{}",
            run.stdout,
            run.stderr
        );
        assert!(run.stdout.contains(why), "{field}: {}", run.stdout);
        assert_eq!(responder.writes(), 0, "{field}");
        assert!(responder.is_let_in(token), "{field}");
    }
}
