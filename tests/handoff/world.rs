//! A folder that is scanned, and what its report hands over.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use data_encoding::BASE64;
use patsweep::handoff::report::{self, Handed};
use patsweep::handoff::source::{self, Again};
use patsweep::model::{FindingId, Report, Secret};
use patsweep::rules::RuleSet;
use patsweep::scan::{self, Config};
use patsweep::sources::{Options, Target};
use patsweep::token::{self, Salt};
use patsweep::triage::InlineIgnores;
use tempfile::TempDir;

/// A folder `tree` in a folder of its own.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        fs::create_dir(world.tree()).unwrap();
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.path().join("tree")
    }

    /// Writes a file of the tree, with its folders.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> &Self {
        let path = self.tree().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// Runs the program in the tree.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_in(&self.tree(), args)
    }

    pub(crate) fn run_in(&self, folder: &Path, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_patsweep"))
            .args(args)
            .current_dir(folder)
            .env("HOME", self.path())
            .env_remove("XDG_CONFIG_HOME")
            .output()
            .unwrap()
    }

    /// What a scan of the tree hands over.
    pub(crate) fn scan(&self) -> Handed {
        self.scan_of(&self.tree(), &[])
    }

    pub(crate) fn scan_of(&self, folder: &Path, targets: &[&str]) -> Handed {
        let args = [&["scan", "-f", "json"], targets].concat();
        let output = self.run_in(folder, &args);
        report::read_from(&mut output.stdout.as_slice()).unwrap()
    }

    /// Reads everything in `report` again below the tree.
    pub(crate) fn again(&self, report: &Handed) -> Again {
        again(&self.tree(), report)
    }
}

/// What a scan of `folder` finds, tokens included.
pub(crate) fn report(folder: &Path) -> Report {
    let config = Config {
        targets: vec![Target::Path(folder.to_path_buf())],
        sources: Options::default(),
        rules: Arc::new(RuleSet::builtin()),
        salt: Salt([0; 16]),
        max_occurrences: NonZeroUsize::MIN,
        inline_ignores: InlineIgnores::All,
        accepted: BTreeSet::new(),
    };
    scan::run(&config, &Arc::default(), &Arc::default())
}

/// Reads everything in `report` again below `root`.
pub(crate) fn again(root: &Path, report: &Handed) -> Again {
    let wanted: BTreeSet<_> = report.findings.iter().map(|it| it.id.clone()).collect();
    let stop = AtomicBool::new(false);
    source::read(root, report, &wanted, &Options::default(), &stop).unwrap()
}

pub(crate) fn id(token: &str) -> FindingId {
    token::c3id(token.as_bytes())
}

pub(crate) fn secret(token: &str) -> Secret {
    Secret::new(token.as_bytes())
}

/// Whether `bytes` hold `token` in a form that is read without a key.
pub(crate) fn holds(bytes: &[u8], token: &str) -> bool {
    let wide = |unit: fn(u16) -> [u8; 2]| token.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    let mut forms = vec![
        token.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    for shift in 0..3 {
        let text = BASE64.encode(&[&vec![b' '; shift], token.as_bytes()].concat());
        // The characters at either end are those of the neighbours, too.
        forms.push(text.as_bytes()[4..text.len() - 4].to_vec());
    }
    let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
    forms.iter().any(holds)
}
