//! `map --probe-scopes`: within the limits, once more after a 429, and nothing concluded from a token
//! that died meanwhile.

use serde_json::{Value, json};

use crate::client::{ask, get, order};
use crate::program::{Run, patsweep};
use crate::service::{Fake, Issued};

/// The active token of `contoso` with full access, and the one that may read code alone.
fn tokens(fake: &Fake) -> [&Issued; 2] {
    let mut active = fake.tokens.iter().filter(|it| it.state == "active");
    let [full, limited] = [active.next(), active.next()];
    [full.expect("a token"), limited.expect("a token")]
}

/// The map of `tokens` as JSON, with further flags.
fn map(fake: &Fake, tokens: &[&Issued], flags: &[&str]) -> Run {
    let mut args = vec!["map", "--probe-scopes", "--azure-devops-url", &fake.url];
    args.extend(flags);
    let input: Vec<&str> = tokens.iter().map(|it| &*it.token).collect();
    patsweep(&args, &input.join("\n"))
}

/// The same as JSON, of one token at `contoso`: the token, and what was said to people.
fn mapped(fake: &Fake, token: &Issued) -> (Value, String) {
    let run = map(fake, &[token], &["--org", "contoso", "-f", "json"]);
    let map: Value = serde_json::from_str(&run.stdout).expect("JSON");
    (map["tokens"][0].clone(), run.stderr)
}

/// What the state of each of the scopes `names` is.
fn states<const N: usize>(token: &Value, names: [&str; N]) -> [Value; N] {
    let scopes = token["scopes"].as_array().expect("scopes");
    names.map(|name| {
        let scope = scopes.iter().find(|scope| scope["name"] == name);
        scope.expect("a scope")["state"].clone()
    })
}

/// What was asked about a token, in order.
fn asked(fake: &Fake, token: &Issued) -> Vec<String> {
    let log = get("/__log").to(fake).json();
    let log = log.as_array().expect("a list").iter();
    let about = log.filter(|request| request["c3id"] == token.c3id);
    let path = |request: &Value| request["path"].as_str().expect("a path").to_owned();
    about.map(path).collect()
}

#[test]
fn requests_are_counted_over_the_whole_run() {
    let fake = Fake::start();
    let [full, limited] = tokens(&fake);
    let run = map(
        &fake,
        &[full, limited],
        &["--org", "contoso", "--max-requests", "5"],
    );
    assert_eq!(run.code, 4, "{}", run.stderr);
    let all = asked(&fake, full).len() + asked(&fake, limited).len();
    assert_eq!(all, 5);
    let said = "are not all known: the limit of time or requests was reached";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains(" and 1 more token "), "{}", run.stderr);
}

#[test]
fn one_time_counts_for_all_tokens() {
    let fake = Fake::start();
    let [full, limited] = tokens(&fake);
    order(&fake, &json!({ "path": "_apis/projects" }), "slow", 60);
    let flags = ["--org", "contoso", "--timeout", "3s"];
    let run = map(&fake, &[full, limited], &flags);
    assert_eq!(run.code, 4, "{}", run.stderr);
    // Whichever came first used all of it up.
    let mut probed = [full, limited].map(|it| asked(&fake, it).len());
    probed.sort_unstable();
    assert_eq!(probed[0], 1, "{probed:?}");
}

#[test]
fn a_429_is_waited_out_and_asked_once_more() {
    let fake = Fake::start();
    let [full, _] = tokens(&fake);
    let throttled = |times: u64, delay_s: u64| {
        let order = json!({
            "target": { "path": "serviceendpoint" }, "behavior": "throttled", "times": times,
            "delay_s": delay_s,
        });
        assert_eq!(ask("DELETE", "/__control").to(&fake).status, 204);
        assert_eq!(ask("DELETE", "/__log").to(&fake).status, 204);
        assert_eq!(ask("POST", "/__control").json(&order).to(&fake).status, 204);
        let (token, said) = mapped(&fake, full);
        let requests = asked(&fake, full);
        let endpoints = requests.iter().filter(|it| it.contains("serviceendpoint"));
        (
            states(&token, ["serviceendpoint", "packaging"]),
            endpoints.count(),
            said,
        )
    };
    let (states, times, said) = throttled(1, 0);
    assert_eq!(states, ["held", "held"]);
    assert_eq!((times, &*said), (2, ""));
    // Again, or for longer than there is time: then it is left alone.
    for (orders, delay_s, expected) in [(2, 0, 2), (1, 86_400, 1)] {
        let (states, times, said) = throttled(orders, delay_s);
        assert_eq!(states, ["unknown", "not_probed"]);
        assert_eq!(times, expected);
        assert!(said.contains("are not all known: "), "{said}");
    }
}

#[test]
fn a_refusal_counts_while_the_token_lives() {
    let fake = Fake::start();
    let [_, limited] = tokens(&fake);
    let (token, said) = mapped(&fake, limited);
    assert_eq!(
        states(&token, ["code", "build", "graph"]),
        ["held", "not_held", "not_held"]
    );
    assert_eq!((&token["full_access"], &*said), (&json!("no"), ""));
    let requests = asked(&fake, limited);
    assert!(requests.len() <= 26, "{requests:?}");
    // Before, and after.
    let looks = requests.iter().filter(|it| it.ends_with("connectionData"));
    assert_eq!(looks.count(), 2, "{requests:?}");
    assert!(requests[requests.len() - 1].ends_with("connectionData"));
}

#[test]
fn a_token_that_dies_meanwhile_lacks_nothing_for_sure() {
    for behavior in ["refused", "sign-in-page"] {
        let fake = Fake::start();
        let [full, _] = tokens(&fake);
        let order = json!({ "target": { "token": full.token }, "behavior": behavior, "after": 6 });
        assert_eq!(ask("POST", "/__control").json(&order).to(&fake).status, 204);
        let (token, said) = mapped(&fake, full);
        assert_eq!(token["full_access"], "unknown", "{behavior}");
        let scopes = token["scopes"].as_array().expect("scopes").iter();
        let held = |state: &str| scopes.clone().filter(|it| it["state"] == state).count();
        assert!(held("held") > 0 && held("unknown") > 0, "{token:#}");
        assert_eq!(held("not_held"), 0, "{token:#}");
        assert!(
            said.contains("are not all known: turned away in the end"),
            "{said}"
        );
    }
}

/// A token whose scopes nobody can be asked about is not said to need a flag.
#[test]
fn why_nothing_is_known_is_said() {
    let fake = Fake::start();
    let [full, _] = tokens(&fake);
    let line = |args: &[&str], token: &Issued| {
        let run = patsweep(args, &token.token);
        let line = run.stdout.lines().find(|line| line.contains("scopes: "));
        let line = line.unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr));
        line.trim_start_matches(['├', '└', '─', ' ']).to_owned()
    };
    let server = format!("{}/tfs/DefaultCollection", fake.url);
    let everywhere = fake.tokens.iter().filter(|it| it.state == "active").nth(2);
    let everywhere = everywhere.expect("a global token");
    let url = ["--azure-devops-url", &fake.url];
    for (args, token, expected) in [
        (
            &["--probe-scopes", "--server-url", &server][..],
            full,
            "scopes: not known; Azure DevOps Server is not asked for them, and has no list",
        ),
        (
            &["--server-url", &server],
            full,
            "scopes: not known; Azure DevOps Server is not asked for them, and has no list",
        ),
        (
            &["--probe-scopes", url[0], url[1]],
            everywhere,
            "scopes: not known; no organization is known to ask at, and --org names one",
        ),
        // The service for profiles lets only global ones in, and knows the others.
        (
            &["--probe-scopes", url[0], url[1]],
            full,
            "scopes: not known; no organization is known to ask at, and --org names one",
        ),
        (
            &["--org", "contoso", url[0], url[1]],
            full,
            "scopes: not known; --probe-scopes or an administrator's credential (--auth) tells",
        ),
        (
            &["--org", "contoso", "--probe-scopes", url[0], url[1]],
            fake.token("expired"),
            "scopes: not known; only a token that is let in can be asked, or an administrator's list",
        ),
        (
            &[
                "--org",
                "contoso",
                "--probe-scopes",
                "--no-probe",
                url[0],
                url[1],
            ],
            full,
            "scopes: not known; --no-probe forbids to ask, an administrator's list tells",
        ),
    ] {
        let args = [&["map"], args].concat();
        assert_eq!(line(&args, token), expected, "{args:?}");
    }
}
