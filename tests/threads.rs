//! However many threads read a tree, its report is the same to the byte, but for the time it took.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use patsweep::token::mint;

const FOLDERS: usize = 100;
const FILES: usize = 100;
const FORMATS: [&str; 4] = ["text", "json", "jsonl", "sarif"];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn tar(members: &[(String, String)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, text.as_bytes())
            .expect("a vector takes all");
    }
    builder.into_inner().expect("a vector takes all")
}

/// What stands in the file `number`, of which every tenth holds a token of its own, and some hold
/// those of others too.
fn contents(number: usize) -> Vec<u8> {
    let seed = number as u64;
    let plain = format!("line one\nsee https://dev.azure.com/org{}/\n", number % 7);
    match number % 50 {
        0 => format!("{plain}token = {}\n", mint::pat(seed)).into_bytes(),
        10 => format!(
            "{plain}{}\n",
            BASE64.encode(mint::legacy_pat(seed).as_bytes())
        )
        .into_bytes(),
        20 => format!(
            "{plain}{} {}\n",
            mint::app_secret(seed),
            mint::pat(seed % 9)
        )
        .into_bytes(),
        30 => {
            let member = |at: u64| (format!("a/{at}.env"), mint::pat(seed * 1_000 + at));
            let archive = tar(&[member(1), member(2), member(3)]);
            if number % 100 == 30 {
                gzip(&archive)
            } else {
                archive
            }
        }
        40 => gzip(&[plain.as_bytes(), mint::pat(seed).as_bytes()].concat())[..60].to_vec(),
        _ => plain.into_bytes(),
    }
}

fn plant(root: &Path) {
    for folder in 0..FOLDERS {
        let mut path = root.join(format!("group{}", folder % 10));
        path.push(format!("folder{folder}"));
        if folder % 25 == 0 {
            path.push(format!("of-{}", mint::pat(90_000 + folder as u64)));
        }
        fs::create_dir_all(&path).expect("a folder");
        for file in 0..FILES {
            let name = if file == 7 && folder % 10 == 3 {
                format!("{}.txt", mint::pat(80_000 + folder as u64))
            } else {
                format!("file{file}")
            };
            fs::write(path.join(name), contents(folder * FILES + file)).expect("a file");
        }
    }
}

/// The report, the time it took left out.
fn scan(root: &Path, jobs: &str, format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_patsweep"))
        .args(["scan", "--jobs", jobs, "--format", format, "--no-config"])
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // `"seconds": 0.123` in JSON, `0.12 s` in the text.
    let seconds = regex::Regex::new(r#"("seconds": ?)[0-9.e-]+|[0-9.]+ (?:ms|s)\b"#);
    let seconds = seconds.expect("an expression");
    let times = seconds.find_iter(&text).count();
    assert!(times <= 1, "{times} times in {format}");
    seconds.replace(&text, "${1}TIME").into_owned()
}

#[test]
fn one_thread_and_eight_report_the_same() {
    let root = tempfile::tempdir().expect("a temporary folder");
    plant(root.path());
    for format in FORMATS {
        let expected = scan(root.path(), "1", format);
        if format == "json" {
            let report = expected.replace("TIME", "0");
            let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
            assert!(
                report["summary"]["files"].as_u64() >= Some(10_000),
                "{}",
                report["summary"]
            );
            let findings = report["findings"].as_array().expect("findings").len();
            assert!(findings >= 500, "{findings}");
            let problems = report["problems"].as_array().expect("problems").len();
            assert_eq!(problems, FOLDERS * FILES / 50);
        }
        for _ in 0..3 {
            let found = scan(root.path(), "8", format);
            // Not `assert_eq`, which would print megabytes.
            let differs = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert_eq!(differs, None, "{format}");
            assert_eq!(found.len(), expected.len(), "{format}");
            assert!(scan(root.path(), "1", format) == expected, "{format}");
        }
    }
}
