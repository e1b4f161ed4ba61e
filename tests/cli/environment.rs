//! What steers a run from outside the command line, and what must not.

use patsweep::token::mint;

use crate::program::{Said, World, said};

const ESCAPE: char = '\u{1b}';

fn with_env(world: &World, args: &str, vars: &[(&str, &str)]) -> Said {
    let mut command = world.command(args.split_whitespace());
    command.envs(vars.iter().copied());
    said(command.output().expect("the program starts"))
}

#[test]
fn colours_follow_flags_then_the_environment() {
    let world = World::with("token", mint::pat(1));
    for (args, vars, colored) in [
        ("scan", vec![], false),
        ("scan", vec![("CLICOLOR_FORCE", "1")], true),
        ("scan", vec![("CLICOLOR_FORCE", "0")], false),
        (
            "scan",
            vec![("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            false,
        ),
        (
            "scan",
            vec![("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")],
            true,
        ),
        ("scan --color always", vec![("NO_COLOR", "1")], true),
        ("scan --color never", vec![("CLICOLOR_FORCE", "1")], false),
        ("scan --no-color", vec![("CLICOLOR_FORCE", "1")], false),
    ] {
        let stdout = with_env(&world, args, &vars).stdout;
        assert_eq!(
            stdout.contains(ESCAPE),
            colored,
            "{args} {vars:?}: {stdout}"
        );
    }
}

#[test]
fn errors_follow_the_same_colours() {
    let world = World::new();
    assert!(
        world
            .run("scan --color always gone")
            .stderr
            .contains(ESCAPE)
    );
    assert!(!world.run("scan gone").stderr.contains(ESCAPE));
}

#[test]
fn the_configuration_chooses_colours_too() {
    let world = World::with("token", mint::pat(1));
    world.write_config("color = \"always\"\n");
    let said = world.run("scan --fail-on active");
    assert!(said.stdout.contains(ESCAPE) && said.stderr.contains(ESCAPE));
    let said = world.run("scan --fail-on active --no-color");
    assert!(!said.stdout.contains(ESCAPE) && !said.stderr.contains(ESCAPE));
}

#[test]
fn files_are_never_coloured() {
    let world = World::with("token", mint::pat(1));
    world.run("scan --color always -o report.txt");
    assert!(!world.read("report.txt").contains(ESCAPE));
}

#[test]
fn ones_own_configuration_is_used_and_named() {
    let world = World::with("token", mint::pat(1));
    let path = world.write_config("[scan]\nformat = \"json\"\nexit-code = 7\njobs = 1\n");
    let said = world.run("scan -v");
    assert_eq!(
        (said.code, said.rules()),
        (7, vec!["azure-devops-pat".to_owned()])
    );
    let expected = format!("- configuration: {}\n- threads: 1\n", path.display());
    assert!(said.stderr.starts_with(&expected), "{}", said.stderr);
    // Flags win, and the file can be left out.
    assert_eq!(world.run("scan --exit-code 8").code, 8);
    let said = world.run("scan -v --no-config");
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.starts_with("- configuration: none\n"),
        "{}",
        said.stderr
    );
}

#[cfg(unix)]
#[test]
fn the_configuration_folder_can_be_moved() {
    let world = World::with("token", mint::pat(1));
    world.write_config("[scan]\nexit-code = 7\n");
    std::fs::create_dir_all(world.home().join("moved/patsweep")).expect("a folder");
    std::fs::write(
        world.home().join("moved/patsweep/config.toml"),
        "[scan]\nexit-code = 9\n",
    )
    .expect("a file");
    let moved = world.home().join("moved");
    let moved = moved.to_str().expect("a path that is text");
    assert_eq!(
        with_env(&world, "scan", &[("XDG_CONFIG_HOME", moved)]).code,
        9
    );
}

#[test]
fn a_file_met_in_a_scanned_folder_steers_nothing() {
    let world = World::with("token", mint::pat(1));
    let text = "[scan]\nexit-code = 9\nexclude = [\"*\"]\n";
    for name in [
        "patsweep.toml",
        "config.toml",
        ".config/patsweep/config.toml",
        "patsweep/config.toml",
    ] {
        world.write(name, text);
    }
    assert_eq!(world.run("scan").code, 1);
    // Relative, these would point into the folder.
    for name in ["XDG_CONFIG_HOME", "HOME", "APPDATA"] {
        assert_eq!(
            with_env(&world, "scan", &[(name, "."), (name, "")]).code,
            1,
            "{name}"
        );
    }
}

#[test]
fn rules_named_in_the_configuration_stand_beside_it() {
    let world = World::with("notes.txt", "ctso_0a1b2c3d4e5f6g7h8i9j");
    let config = world.write_config("[scan]\nrules = [\"contoso.toml\"]\n");
    std::fs::write(
        config.with_file_name("contoso.toml"),
        "[[rules]]\nid = \"contoso-key\"\ntitle = \"Contoso key\"\ndescription = \"A key.\"\n\
         severity = \"high\"\nanchors = [\"ctso_\"]\nregex = '(?P<secret>ctso_[a-z0-9]{20})'\n",
    )
    .expect("a file");
    assert_eq!(world.run("scan -f json").rules(), ["contoso-key"]);
}
