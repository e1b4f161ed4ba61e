//! Files that the user names beside targets: reports, rules and configuration. None of them makes
//! the program wait for ever, and none is destroyed by another.

use std::fs;

use patsweep::token::mint;

use crate::program::{Said, World, rules};

const RULE: &str = "[[rules]]\nid = \"contoso-key\"\ntitle = \"Contoso key\"\n\
                    description = \"A key.\"\nseverity = \"high\"\nanchors = [\"ctso_\"]\n\
                    regex = '(?P<secret>ctso_[a-z0-9]{20})'\n";

/// Nothing on standard output, code 2, and exactly this on standard error.
fn check(said: &Said, stderr: &str) {
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (2, "", stderr)
    );
}

#[cfg(unix)]
fn fifo(world: &World) -> std::path::PathBuf {
    let path = world.tree().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo").success());
    path
}

#[cfg(unix)]
#[test]
fn nothing_without_an_end_is_read() {
    let world = World::with("token", mint::pat(1));
    fifo(&world);
    let no_file = "caused by: neither a regular file nor a pipe from the shell\n";
    for path in ["fifo", "/dev/zero"] {
        let rules = format!("error: cannot read rules from {path}\n{no_file}");
        check(&world.run(&format!("scan --rules {path}")), &rules);
        check(&world.run(&format!("rules check {path}")), &rules);
        let config = format!("error: cannot read configuration from {path}\n{no_file}");
        check(&world.run(&format!("scan --config {path}")), &config);
    }
    let long = vec![b'#'; (4 << 20) + 1];
    check(
        &world.run_on("rules list --rules /dev/stdin", long),
        "error: cannot read rules from /dev/stdin\ncaused by: it has more than 4 MiB\n",
    );
}

#[cfg(unix)]
#[test]
fn pipes_from_the_shell_are_read() {
    let world = World::new();
    for path in ["/dev/stdin", "/dev/fd/0"] {
        let said = world.run_on(&format!("rules list --rules {path}"), RULE);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        assert!(said.stdout.contains("contoso-key"), "{}", said.stdout);
        let said = world.run_on(&format!("scan --config {path}"), "[scan]\njobs = 0\n");
        check(
            &said,
            &format!("error: {path}:2: `scan.jobs`: must be at least 1\n"),
        );
    }
    assert_eq!(world.run("rules list --config /dev/null").code, 0);
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_reader_is_known_before_anything_is_read() {
    let world = World::with("token", mint::pat(1));
    fifo(&world);
    check(
        &world.run("scan -o fifo gone"),
        "error: cannot find gone\nerror: cannot write report to fifo\n\
         caused by: nobody reads from this pipe\n",
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_reader_gets_its_report() {
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;
    let world = World::with("token", mint::pat(1));
    let path = fifo(&world);
    let mut reader = fs::File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .expect("a pipe");
    assert_eq!(world.run("scan -f json -o fifo token").code, 1);
    let mut report = String::new();
    reader.read_to_string(&mut report).expect("a report");
    assert_eq!(rules(&report), ["azure-devops-pat"]);
}

#[cfg(unix)]
#[test]
fn descriptors_are_written_where_they_lead() {
    let world = World::with("token", mint::pat(1));
    for path in ["/dev/stdout", "/dev/fd/1"] {
        let said = world.run(&format!("scan -f json -o {path} token"));
        assert_eq!((said.code, said.rules().len()), (1, 1));
        // What stands in a file already stays there.
        let log = world.write("log", "before\n");
        let log = fs::File::options().append(true).open(log).expect("a file");
        let mut command = world.command(["scan", "-f", "json", "-o", path, "token"]);
        let status = command.stdout(log).stderr(std::process::Stdio::null());
        assert_eq!(status.status().expect("it starts").code(), Some(1));
        let text = world.read("log");
        let report = text.strip_prefix("before\n").expect("what was there");
        assert_eq!(rules(report).len(), 1);
    }
}

#[test]
fn two_reports_never_go_to_one_file() {
    let world = World::with("a.txt", mint::pat(1));
    fs::create_dir(world.tree().join("sub")).expect("a folder");
    let absolute = world.tree().join("r").display().to_string();
    let mut names = vec!["r", "./r", "sub/../r", &absolute];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("../r", world.tree().join("sub/link")).expect("a link");
        names.push("sub/link");
    }
    // Whether or not it exists.
    for exists in [false, true] {
        for name in &names {
            let also = if *name == "r" { "" } else { ", which is r" };
            check(
                &world.run(&format!("scan -f json -o r -f text -o {name} a.txt")),
                &format!(
                    "error: two reports go to {name}{also}\n\
                     hint: give each report a file of its own\n"
                ),
            );
            assert_eq!(world.tree().join("r").exists(), exists);
        }
        world.write("r", "");
    }
    // Files of one name in two folders are two.
    assert_eq!(
        world.run("scan -f json -o r -f text -o sub/r a.txt").code,
        1
    );
    assert_eq!(rules(&world.read("r")).len(), 1);
}

#[cfg(unix)]
#[test]
fn no_report_goes_to_the_file_that_standard_output_is() {
    let world = World::with("a.txt", mint::pat(1));
    for (name, code) in [("r", 2), ("/dev/stdout", 2), ("other", 1)] {
        let stdout = fs::File::create(world.tree().join("r")).expect("a file");
        let mut command = world.command(["scan", "-f", "json", "-o", name, "-f", "text", "a.txt"]);
        let output = command.stdout(stdout).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(code), "{name}");
        if code == 2 {
            let expected = format!(
                "error: two reports go to {name}, which is standard output\n\
                 hint: give each report a file of its own\n"
            );
            assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
            assert_eq!(world.read("r"), "");
        }
    }
}

#[test]
fn a_report_replaces_nothing_that_the_run_reads() {
    let world = World::with("a.txt", mint::pat(1));
    world.write("cf.toml", "[scan]\n");
    world.write("rules/rr.toml", RULE);
    let hint = "hint: write the report to another file\n";
    for (args, expected) in [
        (
            "-o cf.toml --config ./cf.toml",
            "cf.toml, which is the configuration",
        ),
        (
            "-o rules/rr.toml --rules rules/rr.toml",
            "rules/rr.toml, which holds rules",
        ),
        (
            "-o rules/../rules/rr.toml --rules rules",
            "rules/../rules/rr.toml, which holds rules",
        ),
        ("-o a.txt", "a.txt, which is to be scanned"),
    ] {
        check(
            &world.run(&format!("scan {args} a.txt")),
            &format!("error: a report would replace {expected}\n{hint}"),
        );
    }
    assert_eq!(world.read("cf.toml"), "[scan]\n");
    assert_eq!(world.read("rules/rr.toml"), RULE);
}

#[test]
fn a_report_replaces_nothing_but_reports() {
    let token = mint::pat(1);
    let world = World::with("a.txt", &token);
    check(
        &world.run("scan -o a.txt ."),
        "error: a.txt holds something else than a report\n\
         hint: remove it first, or write the report to another file\n",
    );
    assert_eq!(world.read("a.txt"), token);
    for format in ["text", "json", "jsonl", "sarif"] {
        for scene in [
            "scan",
            "scan --show-secrets",
            "scan --exclude *",
            "scan gone.gz",
        ] {
            world.write("gone.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
            let first = world.run(&format!("{scene} -q -f {format} -o report"));
            assert_eq!((first.code < 4, first.stderr.as_str()), (true, ""));
            // Of whatever format it was.
            for other in ["text", "json", "jsonl", "sarif"] {
                let said = world.run(&format!("scan -q -f {other} -o report"));
                assert_eq!(
                    (said.code, said.stderr.as_str()),
                    (1, ""),
                    "{format} {scene}"
                );
                world.run(&format!("{scene} -q -f {format} -o report"));
            }
        }
    }
}

#[test]
fn a_log_that_services_would_cut_goes_to_several_files() {
    let world = World::new();
    let folder = || {
        let entries = fs::read_dir(world.tree()).expect("the folder");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    };
    let tokens = |number: u64| {
        let tokens: Vec<String> = (1..=number).map(mint::pat).collect();
        tokens.join("\n")
    };
    world.write("tokens", tokens(5_001));
    world.write("out.4.sarif", "notes");
    let cut = "scan --show-secrets -f sarif -o out.sarif tokens";
    let whole = "scan --show-secrets -f sarif -o out.sarif .";
    let note = "note: the sarif report is in 2 files, out.1.sarif to out.2.sarif, for services \
                would not read all of one\n";
    // An older report of the name would be taken for this one.
    world.write("out.sarif", "");
    let said = world.run(cut);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert!(said.stderr.starts_with(note), "{}", said.stderr);
    let names = ["out.1.sarif", "out.2.sarif", "out.4.sarif", "tokens"];
    assert_eq!(folder(), names);

    // Neither do pieces outlive their run, nor are they scanned; what is none stays.
    world.write("tokens", tokens(5_000));
    world.write("out.3.sarif", world.read("out.2.sarif"));
    let said = world.run(whole);
    assert!(
        said.stderr.starts_with("note: 5,000 tokens in 2 files\n"),
        "{}",
        said.stderr
    );
    assert_eq!(folder(), ["out.4.sarif", "out.sarif", "tokens"]);

    // Nothing is replaced that is no report.
    world.write("tokens", tokens(5_001));
    world.write("out.2.sarif", "notes");
    check(
        &world.run(cut),
        "error: out.2.sarif holds something else than a report\n\
         hint: remove it first, or write the report to another file\n",
    );
    let said = world.run("scan -f sarif tokens");
    assert_eq!(said.code, 1);
    let note = "note: services would not read all of this sarif report; `-f sarif -o FILE` writes \
                several files\n";
    assert!(said.stderr.starts_with(note), "{}", said.stderr);
}

#[test]
fn the_report_of_a_former_run_is_not_scanned() {
    let world = World::with("a.txt", mint::pat(1));
    let mut reports = Vec::new();
    for _ in 0..3 {
        let said = world.run("scan --show-secrets -f json -o report.json .");
        assert_eq!(
            (said.code, said.stderr.as_str()),
            (1, "note: 1 token in 1 file\n")
        );
        let report: serde_json::Value =
            serde_json::from_str(&world.read("report.json")).expect("JSON");
        reports.push(report["findings"].clone());
    }
    assert_eq!(reports[1..], [reports[0].clone(), reports[0].clone()]);
    let skipped = world.run("scan -f json -o report.json -o - .").stdout;
    let skipped: serde_json::Value = serde_json::from_str(&skipped).expect("JSON");
    assert_eq!(
        skipped["coverage"]["files"],
        serde_json::json!({ "seen": 2, "scanned": 1, "skipped": { "excluded": 1 } })
    );
    // Elsewhere it is a file like any other.
    let both = world.run("scan -f json -q .").stdout;
    let both: serde_json::Value = serde_json::from_str(&both).expect("JSON");
    assert_eq!(both["coverage"]["files"]["scanned"], 2);
}

#[test]
fn configuration_errors_have_file_and_line() {
    let world = World::new();
    for (text, expected) in [
        (
            "[scan]\nexclude = [\"x\",\n\"[\"]\n".into(),
            "error: c.toml:3: `scan.exclude`: cannot understand the glob '[': error parsing glob '[': \
             unclosed character class; missing ']'\n",
        ),
        (
            "[scan]\njobs = 9999999999999999999999\n".into(),
            "error: c.toml:2: `scan.jobs`: too large\n",
        ),
        (
            "[scan]\nmax-file-size = 9999999999999999999999\n".into(),
            "error: c.toml:2: `scan.max-file-size`: too large\n",
        ),
        (
            "[scan]\nmax-file-size = -1\n".into(),
            "error: c.toml:2: `scan.max-file-size`: expected a size, found a negative number\n",
        ),
        (
            b"[scan]\n\nformat = \"\xff\"\n".to_vec(),
            "error: c.toml:3: not UTF-8\n\
             hint: save the file as UTF-8; Windows PowerShell writes UTF-16 by default\n",
        ),
    ] as [(Vec<u8>, &str); 5]
    {
        world.write("c.toml", text);
        check(&world.run("scan --config c.toml"), expected);
    }
    fs::create_dir(world.tree().join("none")).expect("a folder");
    world.write("c.toml", "[scan]\nrules = [\n\"none\",\n]\n");
    let expected = "error: c.toml:3: `scan.rules`: names rules that cannot be loaded\n\
                    caused by: no rules in none\n\
                    hint: rules are read from the *.toml files directly in the folder\n";
    check(&world.run("scan --config c.toml"), expected);
    check(&world.run("rules check --config c.toml"), expected);
}

#[test]
fn a_size_without_a_unit_needs_no_quotes() {
    let world = World::with("token", mint::pat(1));
    for (size, code) in [("10", 0), ("0xff", 1), ("1_000", 1), ("\"1K\"", 1)] {
        world.write_config(&format!("[scan]\nmax-file-size = {size}\n"));
        assert_eq!(world.run("scan").code, code, "{size}");
    }
}
