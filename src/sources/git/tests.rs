//! A database that changes while it is read.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use gix_hash::Kind as Hash;

use super::*;
use crate::model::{GitPlace, ObjectKind};

/// Counts what it is told.
struct Counter(Arc<Mutex<Vec<(ObjectKind, Outcome)>>>);

impl Sink for Counter {
    fn begin(&mut self, _: &Origin) {}

    fn chunk(&mut self, _: &[u8]) {}

    fn end(&mut self) {}

    fn name(&mut self, _: &Origin, _: &[u8]) {}

    fn problem(&mut self, problem: Problem) {
        panic!("{problem:?}");
    }

    fn count(&mut self, unit: Unit, outcome: Outcome) {
        if let Unit::Object(kind) = unit {
            self.0.lock().unwrap().push((kind, outcome));
        }
    }

    fn outside(&mut self, _: &Outside) {}

    fn stopped(&self) -> bool {
        false
    }
}

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
}

#[test]
fn what_is_packed_while_it_is_read_is_read() {
    if Command::new("git").arg("version").output().is_err() {
        eprintln!("skipped: there is no git");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "."]);
    for name in ["a", "b", "c"] {
        fs::write(folder.path().join(name), name).unwrap();
        git(folder.path(), &["add", name]);
        git(folder.path(), &["commit", "-q", "-m", name]);
    }
    let objects = [folder.path().join(".git/objects")];
    let (store, unopened) = Store::open(&objects, Hash::Sha1, 1 << 20);
    assert!(unopened.is_empty(), "{unopened:?}");
    assert_eq!((store.table.len(), store.packs.len()), (9, 0));
    git(folder.path(), &["repack", "-q", "-a", "-d"]);
    git(folder.path(), &["prune-packed"]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sinks = || -> Box<dyn Sink + Send> { Box::new(Counter(told.clone())) };
    let place = GitPlace {
        repository: Arc::default(),
        object: None,
        commit: None,
        reachable: None,
        kept_by: None,
    };
    let options = Options::default();
    let visit = Visit::new(&store, place, &[], options.limits, &sinks);
    read_objects(&store, visit, &options);
    let mut told = told.lock().unwrap().clone();
    told.sort();
    let three = |kind| [(kind, Outcome::Scanned); 3];
    let expected = [ObjectKind::Blob, ObjectKind::Tree, ObjectKind::Commit].map(three);
    assert_eq!(told, expected.concat());
}
