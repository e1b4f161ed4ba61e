//! What cannot run says so in one clear line, with code 2, before anything is read.

use patsweep::token::mint;

use crate::program::{Said, World};

/// Nothing on standard output, code 2, and exactly this on standard error.
fn check(said: &Said, stderr: &str) {
    assert_eq!(
        *said,
        Said {
            code: 2,
            stdout: String::new(),
            stderr: stderr.to_owned()
        }
    );
}

/// Code 2 with clap's way to say it.
fn check_usage(args: &str, first_line: &str) {
    let said = World::new().run(args);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args}");
    assert_eq!(said.stderr.lines().next(), Some(first_line), "{args}");
}

#[test]
fn all_targets_that_cannot_be_opened_are_named_and_nothing_is_read() {
    let world = World::with("token", mint::pat(1));
    check(
        &world.run("scan missing token gone/too"),
        "error: cannot find missing\nerror: cannot find gone/too\n",
    );
}

#[cfg(unix)]
#[test]
fn a_target_that_is_no_file_is_named() {
    let world = World::new();
    let path = world.tree().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(path).expect("a socket");
    check(
        &world.run("scan socket"),
        "error: cannot scan socket: neither a file nor a folder\n",
    );
}

#[test]
fn usage_is_checked() {
    check_usage(
        "scan --exit-code 0",
        "error: invalid value '0' for '--exit-code <N>': expected a whole number from 1 to 125",
    );
    check_usage(
        "scan --exit-code 126",
        "error: invalid value '126' for '--exit-code <N>': expected a whole number from 1 to 125",
    );
    check_usage(
        "scan -f xml",
        "error: invalid value 'xml' for '--format <FORMAT>'",
    );
    check_usage(
        "scan --fail-on sometimes",
        "error: invalid value 'sometimes' for '--fail-on <WHICH>'",
    );
    check_usage(
        "scan --max-file-size 10X",
        "error: invalid value '10X' for '--max-file-size <SIZE>': expected a number of bytes with a \
         unit or none, such as 512, 64K, 10MiB or 2GB",
    );
    check_usage(
        "scan -j 0",
        "error: invalid value '0' for '--jobs <N>': expected a whole number, at least 1",
    );
    check_usage(
        "scan --nonsense",
        "error: unexpected argument '--nonsense' found",
    );
    check_usage(
        "scan -q -v",
        "error: the argument '--quiet' cannot be used with '--verbose...'",
    );
    check_usage(
        "rules explain token",
        "error: unexpected argument 'token' found",
    );
}

#[test]
fn a_folder_without_a_command_is_hinted_at() {
    let world = World::with("src/main.rs", "");
    let said = world.run("src");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert_eq!(
        said.stderr.lines().last(),
        Some("hint: to scan it, run `patsweep scan src`")
    );
}

#[test]
fn one_report_goes_to_standard_output_and_one_to_a_file() {
    let world = World::new();
    check(
        &world.run("scan -f json -f text"),
        "error: json and text both go to standard output\n\
         hint: name a file after the first format: -f json -o report.json -f text\n",
    );
    check(
        &world.run("scan -f json -o a -f text -o a"),
        "error: two reports go to a\nhint: give each report a file of its own\n",
    );
}

#[test]
fn a_report_does_not_replace_what_is_scanned() {
    let world = World::with("notes.txt", "nothing here\n");
    check(
        &world.run("scan notes.txt -o ./notes.txt"),
        "error: a report would replace ./notes.txt, which is to be scanned\n\
         hint: write the report to another file\n",
    );
    assert_eq!(world.read("notes.txt"), "nothing here\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let world = World::with("token", mint::pat(1));
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a full device");
    let output = world
        .command(["scan"])
        .stdout(full)
        .output()
        .expect("the program starts");
    check(
        &crate::program::said(output),
        "error: cannot write report to standard output\n\
         caused by: No space left on device (os error 28)\n",
    );
    check(
        &world.run("scan -o /dev/full"),
        "error: cannot write report to /dev/full\n\
         caused by: No space left on device (os error 28)\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_printed_is_told() {
    for args in ["--help", "-h", "--version", "scan --help"] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = World::new().command(args.split_whitespace());
        let command = command
            .current_dir("/")
            .stdout(full.expect("a full device"));
        let output = command.output().expect("the program starts");
        check(
            &crate::program::said(output),
            "error: cannot write to standard output\n\
             caused by: No space left on device (os error 28)\n",
        );
    }
}

#[cfg(unix)]
#[test]
fn an_ignore_file_that_cannot_be_read_is_one_problem() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with("notes.txt", "nothing here\n");
    let path = world.write(".patsweepignore", "*.log\n");
    let forbidden = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(&path, forbidden).expect("a file of ours");
    if std::fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let said = world.run("scan -f json --quiet");
    let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let problems = report["problems"].as_array().expect("problems");
    let messages: Vec<_> = problems.iter().map(|it| &it["message"]).collect();
    assert_eq!(
        messages,
        ["cannot read it as an ignore file: Permission denied (os error 13)"]
    );
    assert_eq!(
        report["coverage"]["files"],
        serde_json::json!({ "seen": 2, "scanned": 1, "skipped": { "unreadable": 1 } })
    );
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_anything_is_read() {
    let world = World::with("token", mint::pat(1));
    for (path, cause) in [
        ("missing/report", "No such file or directory (os error 2)"),
        (".", "is a directory"),
    ] {
        if cfg!(unix) {
            check(
                &world.run(&format!("scan -o {path} gone")),
                &format!(
                    "error: cannot find gone\nerror: cannot write report to {path}\n\
                     caused by: {cause}\n"
                ),
            );
        }
    }
}

#[test]
fn a_broken_configuration_is_named_with_file_and_line() {
    let world = World::new();
    for (text, expected) in [
        (
            "[scan]\njobs = \"many\"\n",
            "error: c.toml:2: `scan.jobs`: expected a whole number, not negative, found a string\n",
        ),
        (
            "colour = \"never\"\n",
            "error: c.toml:1: `colour`: unknown key\nhint: the keys here are color, credentials, notify, policy, scan\n",
        ),
        (
            "[scan]\n\nformat = json\n",
            "error: c.toml:3: not valid TOML: string values must be quoted, expected literal string\n",
        ),
        (
            "[scan]\nrules = [\"gone.toml\"]\n",
            "error: c.toml:2: `scan.rules`: names rules that cannot be loaded\n\
             caused by: cannot read rules from gone.toml\n\
             caused by: No such file or directory (os error 2)\n",
        ),
    ] {
        world.write("c.toml", text);
        if cfg!(unix) || !expected.contains("os error") {
            check(&world.run("scan --config c.toml"), expected);
        }
    }
    let said = world.run("scan --config missing.toml");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .starts_with("error: cannot read configuration from missing.toml\n")
    );
    world.write_config("[scan]\nexit-code = 0\n");
    let said = world.run("scan");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .ends_with("config.toml:2: `scan.exit-code`: not between 1 and 125\n")
    );
}

#[test]
fn broken_rules_are_named_with_file_and_line() {
    let world = World::with(
        "r.toml",
        "[[rules]]\nid = \"x\"\ntitle = \"X\"\ndescription = \"X.\"\nseverity = \"high\"\n\
         anchors = [\"xyz\"]\nregex = 'xyz'\n",
    );
    let expected = "error: r.toml:7: `rules[0].regex`: has no group named `secret`\n\
                    hint: put the part that is the secret into (?P<secret>…)\n";
    check(&world.run("scan --rules r.toml"), expected);
    check(&world.run("rules check r.toml"), expected);
    check(&world.run("rules list --rules r.toml"), expected);
}

#[test]
fn a_glob_that_is_broken_or_excludes_nothing_is_named() {
    let back = "it takes back what a glob before it excludes, and none does; write a leading '!' \
                as '\\!'";
    let blank = "it is empty or a comment; write a leading '#' as '\\#'";
    let nothing = "it matches nothing";
    let unclosed = "unclosed character class; missing ']'";
    let brace = "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)";
    for (glob, cause) in [
        ("a{b", format!("error parsing glob 'a{{b': {brace}")),
        ("[", format!("error parsing glob '[': {unclosed}")),
        ("a[b", format!("error parsing glob 'a[b': {unclosed}")),
        ("!x", back.to_owned()),
        ("", blank.to_owned()),
        ("#x", blank.to_owned()),
        ("/", nothing.to_owned()),
        ("!", nothing.to_owned()),
    ] {
        let expected = format!("error: cannot understand the glob '{glob}'\ncaused by: {cause}\n");
        let world = World::new();
        let output = world.command(["scan", "--exclude", glob]).output();
        check(
            &crate::program::said(output.expect("the program starts")),
            &expected,
        );
        let path = world.write_config(&format!("[scan]\nexclude = ['{glob}']\n"));
        check(
            &world.run("scan"),
            &format!(
                "error: {}:2: `scan.exclude`: cannot understand the glob '{glob}': {cause}\n",
                path.display()
            ),
        );
    }
    // With something to take back it is of use.
    let world = World::with("x/token", mint::pat(1));
    assert_eq!(world.run("scan --exclude /* --exclude !/x").code, 1);
    assert_eq!(world.run("scan --exclude /*").code, 0);
}

#[test]
fn a_broken_line_of_an_ignore_file_is_a_problem_with_file_and_line() {
    let world = World::with(
        "sub/.patsweepignore",
        "# logs\n*.log\n[\n\na{b\n!kept.log\n",
    );
    world.write("sub/x.log", mint::pat(1));
    let said = world.run("scan -f jsonl --quiet");
    let problems: Vec<_> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|line| line["type"] == "problem")
        .map(|line| ["kind", "where", "message"].map(|key| line[key].as_str().unwrap().to_owned()))
        .collect();
    let problem = |message: &str| ["corrupt", "sub/.patsweepignore", message].map(str::to_owned);
    assert_eq!(
        problems,
        [
            problem(
                "line 3: cannot understand it: error parsing glob '[': unclosed character class; \
                 missing ']'"
            ),
            problem(
                "line 5: cannot understand it: error parsing glob 'a{b': unclosed alternate \
                 group; missing '}' (maybe escape '{' with '[{]'?)"
            ),
        ]
    );
    // The other lines hold.
    assert_eq!(said.code, 3);
    // Those of git are passed over as git does.
    let world = World::with(".gitignore", "[\n");
    world.write(".git/HEAD", "");
    let said = world.run("scan --no-history --respect-gitignore");
    assert_eq!(said.code, 0);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let world = World::new();
    let output = world
        .command(["scan", "a\u{1b}[31mb"])
        .output()
        .expect("the program starts");
    check(
        &crate::program::said(output),
        "error: cannot find a\\u{1b}[31mb\n",
    );
}
