//! `--help`, `--version` and `generate`.

use crate::program::World;

#[test]
fn help_is_short_and_long() {
    let world = World::new();
    for command in [
        "",
        "scan ",
        "rules ",
        "rules list ",
        "rules check ",
        "rules explain ",
        "generate ",
    ] {
        let short = world.run(&format!("{command}-h"));
        let long = world.run(&format!("{command}--help"));
        for said in [&short, &long] {
            assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{command}");
        }
        assert!(short.stdout.len() <= long.stdout.len(), "{command}");
        for line in short.stdout.lines().chain(long.stdout.lines()) {
            assert!(line.chars().count() <= 100, "{command}: too wide: {line}");
        }
    }
    let short = world.run("scan -h").stdout;
    let long = world.run("scan --help").stdout;
    assert!(!short.contains("Examples:") && long.contains("Examples:"));
    for help in [&long, &world.run("--help").stdout] {
        let (_, codes) = help.split_once("Exit codes:\n").expect("a list");
        let codes: Vec<_> = codes
            .lines()
            .map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(codes, ["0", "1", "2", "3", "4", "130"].map(Some));
    }
    for flag in [
        "--rules",
        "--include-unproven",
        "--exclude",
        "--respect-gitignore",
        "--one-file-system",
        "--max-file-size",
        "--archive-max-members",
        "--archive-max-size",
        "--archive-max-ratio",
        "--archive-max-window",
        "--archive-max-depth",
        "--format",
        "--output",
        "--max-occurrences",
        "--show-secrets",
        "--fail-on",
        "--exit-code",
        "--jobs",
        "--quiet",
        "--verbose",
        "--color",
        "--no-color",
        "--config",
        "--no-config",
    ] {
        assert!(short.contains(flag) && long.contains(flag), "{flag}");
    }
}

#[test]
fn without_a_command_help_goes_to_stderr() {
    let said = World::new().run("");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains("Usage: patsweep"));
}

#[test]
fn the_version_is_the_packages() {
    let said = World::new().run("--version");
    assert_eq!(
        said.stdout,
        concat!("patsweep ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_know_the_flags() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = world.run(&format!("generate completions {shell}"));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{shell}");
        for word in ["patsweep", "scan", "explain", "include-unproven", "sarif"] {
            // Elvish completes no values.
            if (shell, word) != ("elvish", "sarif") && (shell, word) != ("powershell", "sarif") {
                assert!(said.stdout.contains(word), "{shell}: {word}");
            }
        }
    }
    assert_eq!(world.run("generate completions tcsh").code, 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new();
    for (command, name) in [
        ("", "patsweep"),
        ("scan", "patsweep-scan"),
        ("rules", "patsweep-rules"),
        ("rules check", "patsweep-rules-check"),
        ("rules explain", "patsweep-rules-explain"),
        ("generate man", "patsweep-generate-man"),
    ] {
        let said = world.run(&format!("generate man {command}"));
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{command}");
        let title = format!(".TH {name} 1 ");
        assert!(
            said.stdout.contains(&title),
            "{command}: {}",
            &said.stdout[..200]
        );
        assert!(said.stdout.contains(".SH NAME"), "{command}");
    }
    let said = world.run("generate man rules tell");
    assert_eq!(
        (said.code, said.stderr.as_str()),
        (
            2,
            "error: no command `tell`\nhint: the commands of `rules` are list, check, explain\n"
        )
    );
}
