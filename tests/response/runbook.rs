//! Every command of docs/response.md does what is said there, one after the other.

use std::process::Command;

use crate::bench::{Bench, Run, leak};

const RUNBOOK: &str = include_str!("../../docs/response.md");

/// The lines of the blocks in this language, in order.
fn lines(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = RUNBOOK.split(fence.as_str()).skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().expect("an end"));
    blocks.flat_map(str::lines).collect()
}

#[test]
fn the_commands_do_what_is_said() {
    let bench = Bench::administrator();
    let url = bench.fake.url.clone();
    let bench = bench.with("PATSWEEP_AZURE_DEVOPS_URL", &url);
    let token = &bench.fake.tokens[0];
    assert_eq!((token.state, &*token.organization), ("active", "contoso"));
    bench.write("site/.env", &leak("build", token));
    bench.write("policy.toml", &lines("toml").join("\n"));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_patsweep"));
    let folder = program.parent().expect("a folder").display();
    let commands = lines("sh");
    for line in &commands {
        let (command, code) = line.split_once("    # exits with ").unwrap_or((line, "0"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("PATH={folder}:$PATH; {command}")]);
        let run = Run::of(bench.start(shell, "", ""));
        let expected: i32 = code.parse().expect("a code");
        assert_eq!(run.code, expected, "{line}\n{}{}", run.stdout, run.stderr);
        assert!(!run.stdout.contains(&token.token), "{line}");
        if command.contains("--execute") {
            assert!(run.stdout.starts_with("closed "), "{}", run.stdout);
        }
        if command.contains("--watch") {
            assert_eq!(run.stdout, "nothing is open\n");
        }
    }
    assert_eq!(commands.len(), 16, "a block that is not run");
}
