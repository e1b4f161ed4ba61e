//! Whose configuration, baseline and marks count.

use patsweep::token::{c3id, mint};

use crate::world::{Depth, Said, World, azure_request};

/// A baseline of one entry.
fn baseline(token: &str) -> String {
    let id = c3id(token.as_bytes());
    format!(
        "{{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n\
         {{\"c3id\":\"{id}\",\"reason\":\"gone\",\"added\":\"2026-11-22\"}},\nnull]}}\n"
    )
}

/// One that is about to have a pull request.
fn begun() -> World {
    World::new()
}

/// Scans the branch `topic`, on which the developer is, as a pull request.
fn request(world: &World, args: &str) -> Said {
    world.push("topic");
    world.dev(&["checkout", "-q", "--detach"]);
    world.dev(&["branch", "-q", "-f", "topic"]);
    let head = world.dev(&["rev-parse", "topic"]);
    let merge = world.merge("topic");
    world.check_out("refs/pull/1/merge", Depth::All);
    world.ci(&azure_request(&merge, &head), args)
}

fn start(world: &World) {
    world.push("main");
    world.dev(&["checkout", "-q", "--detach"]);
}

/// The leak and the file that is to let it pass, of a token.
type Way = fn(&str) -> [String; 2];

#[test]
fn a_change_does_not_let_its_own_leaks_pass() {
    let ways: [(&str, Way, &str); 5] = [
        (
            "mark",
            |token| [format!("{token} # patsweep:ignore\n"), String::new()],
            "note: 1 token would pass for a mark beside it, which does not count until merged\n",
        ),
        (
            ".patsweep-baseline.json",
            |token| [token.to_owned(), baseline(token)],
            "note:   .patsweep-baseline.json:2: {\"c3id\":",
        ),
        (
            "patsweep.toml",
            |token| {
                [
                    token.to_owned(),
                    "[scan]\nexclude = [\"*.env\"]\n".to_owned(),
                ]
            },
            "note:   patsweep.toml:2: exclude = [\"*.env\"]\n",
        ),
        (
            ".patsweepignore",
            |token| [token.to_owned(), "*.env\n".to_owned()],
            "note:   .patsweepignore:1: *.env\n",
        ),
        (
            "conf/.patsweepignore",
            |token| [token.to_owned(), "a.env\n".to_owned()],
            "note:   conf/.patsweepignore:1: a.env\n",
        ),
    ];
    for (name, way, told) in ways {
        let world = begun();
        start(&world);
        let [leak, steering] = way(&mint::pat(1));
        world.write("conf/a.env", leak);
        world.commit(name, steering);
        let said = request(&world, "");
        said.assert(1, told);
        assert!(
            said.stderr.contains("note: steered by origin/main ("),
            "{said:?}"
        );
        assert!(said.stdout.contains("sourcepath=conf/a.env"), "{said:?}");
        // Those who want it otherwise.
        let said = request(&world, "--trust-head");
        said.assert(0, "note: steered by the change itself (");
    }
}

#[test]
fn all_ways_at_once_are_stopped() {
    let world = begun();
    start(&world);
    let token = mint::pat(1);
    world.write("a.env", format!("{token} # patsweep:ignore\n"));
    world.write(".patsweep-baseline.json", baseline(&token));
    world.write(
        "patsweep.toml",
        "[scan]\nexclude = [\"*.env\"]\nfail-on = \"never\"\n",
    );
    world.commit(".patsweepignore", "*.env\n");
    let said = request(&world, "");
    said.assert(
        1,
        "note: the change adds 4 lines to files that steer, which do not count until",
    );
    assert_eq!(request(&world, "--trust-head").code, 0);
}

#[test]
fn what_a_change_adds_is_told_without_its_tokens() {
    let world = begun();
    start(&world);
    let token = mint::pat(1);
    world.commit(".patsweepignore", format!("{token}\n"));
    let shown = format!(
        "note:   .patsweepignore:1: {}…{}\n",
        &token[..4],
        &token[token.len() - 4..]
    );
    let said = request(&world, "");
    said.assert(1, &shown);
    assert!(!said.stderr.contains(&token) && !said.stdout.contains(&token));
}

#[test]
fn what_was_there_before_lets_pass() {
    let token = mint::pat(1);
    let ways: [(&str, String, &str); 4] = [
        (".patsweep-baseline.json", baseline(&token), "a.env"),
        (
            "patsweep.toml",
            "[scan]\nexclude = [\"*.env\"]\n".to_owned(),
            "a.env",
        ),
        (".patsweepignore", "*.env\n".to_owned(), "a.env"),
        ("conf/.patsweepignore", "/a.env\n".to_owned(), "conf/a.env"),
    ];
    for (name, steering, leak) in ways {
        let world = begun();
        world.commit(name, steering);
        start(&world);
        world.commit(leak, &token);
        let said = request(&world, "");
        said.assert(0, "note: steered by origin/main (");
        let is_excluded = said
            .stderr
            .contains("note: 1 file left out by what steers\n");
        let is_globs = name != ".patsweep-baseline.json";
        assert_eq!(is_excluded, is_globs, "{said:?}");
        assert!(!said.stderr.contains("the change adds"), "{said:?}");
        world.commit("b.txt", mint::pat(2));
        assert_eq!(request(&world, "").code, 1, "{name}");
    }
}

#[test]
fn a_mark_counts_on_the_line_on_which_it_stood() {
    let world = begun();
    let line = format!("{} # patsweep:ignore\n", mint::pat(1));
    world.commit("a", format!("1\n{line}"));
    start(&world);
    world.commit("a", format!("1\n2\n{line}3\n"));
    let said = request(&world, "");
    said.assert(0, "note: steered by origin/main (");
    // Renamed and edited.
    world.dev(&["checkout", "-q", "topic"]);
    world.dev(&["mv", "a", "b"]);
    world.commit("b", format!("{line}4\n"));
    assert_eq!(request(&world, "").code, 0);
    // Copied beside another token.
    world.dev(&["checkout", "-q", "topic"]);
    world.commit("c", format!("{} # patsweep:ignore\n", mint::pat(2)));
    request(&world, "").assert(1, "1 token would pass for a mark beside it");
}

#[test]
fn the_baseline_may_be_elsewhere() {
    let world = begun();
    let token = mint::pat(1);
    world.write("security/known.json", baseline(&token));
    world.commit(
        "patsweep.toml",
        "[scan]\nbaseline = \"security/known.json\"\n",
    );
    start(&world);
    world.commit("a", &token);
    request(&world, "").assert(0, "): patsweep.toml, security/known.json\n");
    world.dev(&["checkout", "-q", "topic"]);
    world.write("security/known.json", baseline(&mint::pat(2)));
    world.commit("b", mint::pat(2));
    request(&world, "").assert(1, "note:   security/known.json:2: ");
}

#[test]
fn what_the_operator_says_wins() {
    let world = begun();
    let token = mint::pat(1);
    world.write(".patsweep-baseline.json", baseline(&token));
    world.commit("patsweep.toml", "[scan]\nexclude = [\"b.env\"]\n");
    start(&world);
    world.write("b.env", mint::pat(2));
    world.commit("a.env", &token);
    assert_eq!(request(&world, "").code, 0);
    std::fs::write(world.path("own.json"), baseline(&mint::pat(3))).expect("a file");
    std::fs::write(world.path("own.toml"), "[scan]\n").expect("a file");
    let said = request(&world, "--baseline ../own.json");
    assert_eq!(said.stdout.matches("type=error").count(), 1, "{said:?}");
    assert!(said.stdout.contains("sourcepath=a.env"), "{said:?}");
    for args in ["--config ../own.toml", "--no-config"] {
        let said = request(&world, args);
        assert_eq!(said.stdout.matches("type=error").count(), 1, "{said:?}");
        assert!(said.stdout.contains("sourcepath=b.env"), "{said:?}");
    }
}

#[test]
fn files_that_steer_and_are_broken_are_named() {
    for (name, text, complaint) in [
        (
            ".patsweep-baseline.json",
            "{\"schema\":\n 7}",
            ".patsweep-baseline.json:2:",
        ),
        (
            ".patsweep-baseline.json",
            "{\"schema\":\"patsweep-baseline/2\",\"entries\":[]}",
            "hint: use the version of patsweep that wrote it, or a later one\n",
        ),
        (
            "patsweep.toml",
            "\n[scan]\nnonsense = 1\n",
            "patsweep.toml:3: `scan.nonsense`: unknown",
        ),
        (
            "patsweep.toml",
            "[policy]\n",
            "patsweep.toml:1: `policy`: unknown key",
        ),
        (
            "patsweep.toml",
            "[scan]\nrules = [\"r.toml\"]\n",
            "patsweep.toml:2: `scan.rules`",
        ),
        (
            "patsweep.toml",
            "[scan]\nbaseline = \"../x\"\n",
            "patsweep.toml:2: `scan.baseline`",
        ),
    ] {
        // Where it is believed nothing is scanned.
        let world = begun();
        world.commit(name, text);
        start(&world);
        world.commit("a", mint::pat(1));
        let said = request(&world, "");
        said.assert(2, complaint);
        assert!(!said.stdout.contains("sourcepath"), "{said:?}");
        // A change that would bring it cannot be merged; what it leaks is told, too.
        let world = begun();
        start(&world);
        world.write("a", mint::pat(1));
        world.commit(name, text);
        let said = request(&world, "");
        said.assert(2, complaint);
        assert!(said.stdout.contains("sourcepath=a;"), "{said:?}");
    }
}

#[test]
fn hooks_are_steered_by_what_is_staged() {
    let world = World::new();
    let hook = |env: &[(&str, &str)]| {
        let program = env!("CARGO_BIN_EXE_patsweep");
        world.run("dev", program, &["hook", "run", "pre-commit"], env)
    };
    world.write("a.env", mint::pat(1));
    world.dev(&["add", "-A"]);
    assert_eq!(hook(&[]).code, 1);
    for (name, text) in [
        ("patsweep.toml", "[scan]\nexclude = [\"*.env\"]\n"),
        (".patsweepignore", "*.env\n"),
    ] {
        world.write(name, text);
        // What is not staged does not count.
        assert_eq!(hook(&[]).code, 1, "{name}");
        world.dev(&["add", name]);
        let said = hook(&[]);
        said.assert(0, "CI does so only once that is merged");
        world.dev(&["rm", "-q", "-f", "--cached", name]);
    }
}

#[test]
fn what_was_left_out_and_moves_where_it_counts_is_scanned() {
    let world = begun();
    world.write("testdata/old", mint::pat(1));
    world.write("src/old", mint::pat(2));
    world.commit(".patsweepignore", "testdata/\n");
    start(&world);
    // One that came and went on, one that was there, and one that was looked at before.
    world.commit("testdata/new", mint::pat(3));
    for (from, to) in [
        ("testdata/new", "src/new"),
        ("testdata/old", "src/moved"),
        ("src/old", "src/known"),
    ] {
        world.dev(&["mv", from, to]);
    }
    world.dev(&["commit", "-q", "-m", "move"]);
    let said = request(&world, "-f json");
    assert_eq!(said.code, 1, "{said:?}");
    let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings").iter();
    let places = findings.map(|it| it["occurrences"][0]["path"].as_str().expect("a path"));
    let mut places: Vec<&str> = places.collect();
    places.sort_unstable();
    assert_eq!(places, ["src/moved", "src/new"]);
}

#[test]
fn branches_of_a_fork_are_not_believed() {
    let world = begun();
    let base = world.dev(&["rev-parse", "HEAD"]);
    // What the fork calls main is its owner's to write.
    world.commit(".patsweepignore", "*\n");
    start(&world);
    let head = world.commit("a.env", mint::pat(1));
    world.push("topic");
    world.check_out("refs/heads/topic", Depth::All);
    let here = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", &*head),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
    ];
    let run = |project| world.ci(&[&here[..], &[("CI_PROJECT_ID", project)]].concat(), "");
    let said = run("2");
    said.assert(1, "steered by nothing in the repository");
    assert!(
        said.stdout
            .contains("this runs in the project of whoever made the request"),
        "{said:?}"
    );
    // No depth mends that.
    let remedy =
        "is not the one that the request is for: check out, or run this in, the repository";
    assert!(said.stdout.contains(remedy), "{said:?}");
    let added = "1 line of files that steer may be of the change, and do not count here:";
    assert!(said.stderr.contains(added), "{said:?}");
    // The branches of the project itself are.
    assert_eq!(run("1").code, 0);
}

/// As `repository:` of actions/checkout does, which workflows on `pull_request_target` set.
#[test]
fn the_checkout_of_a_fork_on_github_steers_nothing() {
    let world = begun();
    let base = world.dev(&["rev-parse", "HEAD"]);
    world.commit(".patsweepignore", "*\n");
    start(&world);
    let head = world.commit("a.env", mint::pat(1));
    world.push("topic");
    let event = world.path("event.json");
    let run = |branch: &str, sha: &str, base: &str, url: &str| {
        world.check_out(&format!("refs/heads/{branch}"), Depth::All);
        world.git("job", &["remote", "set-url", "origin", url]);
        let text = format!(
            r#"{{"pull_request":{{
                "base":{{"ref":"main","sha":"{base}","repo":{{"full_name":"o/up"}}}},
                "head":{{"ref":"{branch}","sha":"{sha}","repo":{{"full_name":"evil/up"}}}}}},
                "repository":{{"full_name":"o/up","default_branch":"main"}}}}"#
        );
        std::fs::write(&event, text).expect("a file");
        let env = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request_target"),
            ("GITHUB_SHA", base),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_EVENT_PATH", event.to_str().expect("text")),
        ];
        world.ci(&env, "")
    };
    let fork = "https://github.com/Evil/up.git";
    let unknown = "1".repeat(40);
    for url in [
        fork,
        "git@github.com:evil/up",
        "ssh://git@github.com/evil/up/",
    ] {
        // What the service calls the target is believed, if it is here.
        run("topic", &head, &base, url).assert(1, "steered by the tip of main that the service");
        let said = run("topic", &head, &unknown, url);
        said.assert(1, "steered by nothing in the repository");
        let why = "what evil/up calls so is not believed";
        assert!(said.stdout.contains(why), "{said:?}");
    }
    // A checkout of what the request is for is.
    let said = run("topic", &head, &base, "https://github.com/o/up");
    said.assert(0, "steered by origin/main");
    // The request may come from the fork's own `main`, which then is no target either.
    world.dev(&["push", "-q", "-f", "origin", "HEAD:main"]);
    run("main", &head, &unknown, fork).assert(1, "steered by nothing");
}

#[test]
fn every_line_that_a_change_adds_is_told() {
    let world = begun();
    start(&world);
    let entry = |number: u64| {
        let id = c3id(mint::pat(number).as_bytes());
        format!("{{\"c3id\":\"{id}\",\"reason\":\"gone\",\"added\":\"2026-11-22\"}},\n")
    };
    let mut entries: Vec<String> = (0..30).map(entry).collect();
    entries.sort();
    let entries = entries.concat();
    let text = format!("{{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n{entries}null]}}\n");
    world.write(".patsweep-baseline.json", text);
    world.write("patsweep.toml", "[scan]\nexclude = [\n  \"**\"\n]\n");
    world.commit(".patsweepignore", "# all\n*\n[a-z]*[a-z.]\n");
    let said = request(&world, "");
    said.assert(0, "note: the change adds 34 lines to files that steer");
    for line in [
        ".patsweep-baseline.json:31: ",
        ".patsweepignore:2: *\n",
        ".patsweepignore:3: [a-z]*[a-z.]\n",
        "patsweep.toml:2: exclude = [\n",
        "patsweep.toml:3: \"**\"\n",
    ] {
        assert!(
            said.stderr.contains(&format!("note:   {line}")),
            "{line}: {said:?}"
        );
    }
}

#[test]
fn the_baseline_that_a_change_names_is_told() {
    let world = begun();
    start(&world);
    let id = c3id(mint::pat(1).as_bytes());
    let entry = format!("{{\"c3id\":\"{id}\",\"reason\":\"gone\",\"added\":\"2026-11-22\"}}");
    let text = format!("{{\"schema\":\"patsweep-baseline/1\",\"entries\":[\n{entry},\nnull]}}\n");
    world.write("b.json", text);
    world.commit("patsweep.toml", "[scan]\nbaseline = \"b.json\"\n");
    let said = request(&world, "");
    said.assert(0, &format!("note:   b.json:2: {entry}\n"));
}

#[test]
fn an_ignore_file_that_would_be_broken_is_not_merged() {
    let world = begun();
    start(&world);
    world.commit("src/.patsweepignore", "target\n[b\n");
    request(&world, "").assert(2, "error: src/.patsweepignore: line 2: ");
    // One that is broken already is a matter for whoever mends it.
    let world = begun();
    world.commit("src/.patsweepignore", "[b\n");
    start(&world);
    world.commit("src/.patsweepignore", "b\n");
    assert_eq!(request(&world, "").code, 3);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_that_steers_is_none() {
    let world = begun();
    world.write("everything", "*\n");
    let link = world.path("dev").join(".patsweepignore");
    std::os::unix::fs::symlink("everything", link).expect("a link");
    world.dev(&["add", "-A"]);
    world.dev(&["commit", "-q", "-m", "link"]);
    start(&world);
    // The link names a file, which would be left out if that were a pattern.
    world.commit("everything", mint::pat(1));
    request(&world, "").assert(1, "steered by origin/main");
}
