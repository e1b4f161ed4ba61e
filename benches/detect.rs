//! The detector on source text and on hostile input, beside one `memmem` search over the same
//! bytes. `benches/README.md` says how to run it and what it gave.

use std::path::{Path, PathBuf};
use std::{env, fs};

use divan::Bencher;
use divan::counter::BytesCount;
use patsweep::detect::{Detector, prefiltered_runs};
use patsweep::rules::RuleSet;
use patsweep::token::Salt;

/// Bytes of source text, and of each hostile input that is kept in memory.
const CORPUS: usize = 64 << 20;
/// Bytes of each hostile input that are searched: the input over and over.
const HOSTILE: usize = 1 << 30;

fn main() {
    divan::main();
}

fn detector() -> Detector {
    Detector::new(&RuleSet::builtin(), Salt([0; 16]))
}

/// Files of Rust source, from the folder in `PATSWEEP_BENCH_TREE` or the sources that cargo has
/// unpacked, by name until there are enough bytes.
fn source_files() -> Vec<Vec<u8>> {
    let tree = env::var_os("PATSWEEP_BENCH_TREE")
        .map(PathBuf::from)
        .or_else(|| {
            let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
            let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo")))?;
            Some(cargo.join("registry/src"))
        });
    let mut files = Vec::new();
    let mut left = CORPUS;
    collect(
        &tree.expect("a home folder or PATSWEEP_BENCH_TREE"),
        &mut left,
        &mut files,
    );
    assert!(
        !files.is_empty(),
        "no Rust source found: set PATSWEEP_BENCH_TREE"
    );
    files
}

fn collect(folder: &Path, left: &mut usize, files: &mut Vec<Vec<u8>>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if *left == 0 {
            return;
        }
        if path.is_dir() {
            collect(&path, left, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && let Ok(bytes) = fs::read(&path)
        {
            *left = left.saturating_sub(bytes.len());
            files.push(bytes);
        }
    }
}

fn total(files: &[Vec<u8>]) -> BytesCount {
    BytesCount::new(files.iter().map(Vec::len).sum::<usize>())
}

#[divan::bench_group(sample_count = 20)]
mod source_text {
    use super::{Bencher, detector, prefiltered_runs, source_files, total};

    #[divan::bench]
    fn memmem(bencher: Bencher) {
        let files = source_files();
        let finder = memchr::memmem::Finder::new("ZZZZQQQ");
        bencher.counter(total(&files)).bench_local(|| {
            files
                .iter()
                .map(|file| finder.find_iter(file).count())
                .sum::<usize>()
        });
    }

    #[divan::bench]
    fn prefilter(bencher: Bencher) {
        let files = source_files();
        bencher.counter(total(&files)).bench_local(|| {
            files
                .iter()
                .map(|file| prefiltered_runs(file))
                .sum::<usize>()
        });
    }

    #[divan::bench]
    fn detect(bencher: Bencher) {
        let files = source_files();
        let mut detector = detector();
        bencher.counter(total(&files)).bench_local(|| {
            let mut found = 0;
            for file in &files {
                detector.whole(file, &mut |_| found += 1);
            }
            found
        });
    }
}

#[divan::bench_group(sample_count = 3)]
mod hostile {
    use super::{Bencher, BytesCount, CORPUS, HOSTILE, detector};

    /// Numbers that look random, the same at every run (xorshift).
    fn noise() -> impl Iterator<Item = u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
    }

    fn letters(alphabet: &[u8]) -> Vec<u8> {
        noise()
            .take(CORPUS)
            .map(|byte| alphabet[usize::from(byte) % alphabet.len()])
            .collect()
    }

    fn base64_letters() -> Vec<u8> {
        letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    fn run(bencher: Bencher, input: &[u8]) {
        let mut detector = detector();
        bencher.counter(BytesCount::new(HOSTILE)).bench_local(|| {
            let mut found = 0;
            detector.begin();
            for _ in 0..HOSTILE / input.len() {
                detector.chunk(input, &mut |_| found += 1);
            }
            detector.end(&mut |_| found += 1);
            found
        });
    }

    #[divan::bench]
    fn all_a(bencher: Bencher) {
        run(bencher, &vec![b'a'; CORPUS]);
    }

    #[divan::bench]
    fn random_aq(bencher: Bencher) {
        run(bencher, &letters(b"aq"));
    }

    #[divan::bench]
    fn random_base32(bencher: Bencher) {
        run(bencher, &letters(b"abcdefghijklmnopqrstuvwxyz234567"));
    }

    #[divan::bench]
    fn random_base64(bencher: Bencher) {
        run(bencher, &base64_letters());
    }

    /// Random base64 with `glue` every 76 columns.
    fn wrapped(glue: &[u8]) -> Vec<u8> {
        let mut text = base64_letters().chunks(76).collect::<Vec<_>>().join(glue);
        text.truncate(CORPUS);
        text
    }

    #[divan::bench]
    fn soft_breaks(bencher: Bencher) {
        run(bencher, &wrapped(b"=\n"));
    }

    #[divan::bench]
    fn strings_in_json(bencher: Bencher) {
        run(bencher, &wrapped(b"\",\n    \""));
    }

    #[divan::bench]
    fn escaped_breaks(bencher: Bencher) {
        run(bencher, &wrapped(b"\\u000a"));
    }

    #[divan::bench]
    fn base64_four_times(bencher: Bencher) {
        let mut text = base64_letters();
        text.truncate(CORPUS / 4);
        for _ in 0..4 {
            text = data_encoding::BASE64.encode(&text).into_bytes();
        }
        text.truncate(CORPUS);
        run(bencher, &text);
    }
}
