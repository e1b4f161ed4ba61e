//! The history of a real repository with the detector on and off: both decode the same objects, in
//! the same run. `benches/README.md` says how to run it and what it gave.

use std::env;
use std::path::PathBuf;
use std::thread;

use divan::Bencher;
use patsweep::detect::Detector;
use patsweep::model::{Origin, Outcome, Outside, Problem, Sink, Unit, Version};
use patsweep::rules::RuleSet;
use patsweep::sources::archive::Limits;
use patsweep::sources::{Options, git};
use patsweep::token::Salt;

fn main() {
    divan::main();
}

/// Searches all that it is given, or nothing.
struct Searcher(Option<Detector>);

impl Sink for Searcher {
    fn begin(&mut self, _: &Origin) {
        if let Some(detector) = &mut self.0 {
            detector.begin();
        }
    }

    fn chunk(&mut self, bytes: &[u8]) {
        if let Some(detector) = &mut self.0 {
            detector.chunk(bytes, &mut |_| ());
        }
    }

    fn end(&mut self) {
        if let Some(detector) = &mut self.0 {
            detector.end(&mut |_| ());
        }
    }

    fn whole(&mut self, _: &Origin, bytes: &[u8]) {
        if let Some(detector) = &mut self.0 {
            detector.whole(bytes, &mut |_| ());
        }
    }

    fn version(&mut self, _: &Origin, version: Version<'_>) -> bool {
        let detector = self.0.as_mut();
        detector.is_some_and(|detector| detector.version(version, &mut |_| ()))
    }

    fn name(&mut self, _: &Origin, name: &[u8]) {
        if let Some(detector) = &mut self.0 {
            detector.name(name, &mut |_| ());
        }
    }

    fn shortest_name(&self) -> usize {
        self.0.as_ref().map_or(usize::MAX, Detector::shortest)
    }

    fn problem(&mut self, _: Problem) {}

    fn count(&mut self, _: Unit, _: Outcome) {}

    fn outside(&mut self, _: &Outside) {}

    fn stopped(&self) -> bool {
        false
    }
}

/// The repository in `PATSWEEP_BENCH_REPOSITORY`, else the one around this folder.
fn repository() -> git::Repository {
    let path = env::var_os("PATSWEEP_BENCH_REPOSITORY").map(PathBuf::from);
    let path = path.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".git"));
    git::join(&[path]).pop().expect("a repository")
}

#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn history(bencher: Bencher<'_, '_>, detect: bool) {
    decode(bencher, detect, Limits::default());
}

#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn history_without_archives(bencher: Bencher<'_, '_>, detect: bool) {
    let limits = Limits {
        depth: 0,
        ..Limits::default()
    };
    decode(bencher, detect, limits);
}

fn decode(bencher: Bencher<'_, '_>, detect: bool, limits: Limits) {
    let repository = repository();
    let detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let options = Options {
        jobs: thread::available_parallelism().map_or(1, usize::from),
        limits,
        ..Options::default()
    };
    let sinks =
        || -> Box<dyn Sink + Send> { Box::new(Searcher(detect.then(|| detector.another()))) };
    bencher.bench_local(|| {
        let mut databases = git::Databases::default();
        git::scan(&repository, &options, &mut databases, &sinks).is_some()
    });
}
