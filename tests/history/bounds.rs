//! Bombs: objects that are small on disk and large in memory are left out, and named.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use patsweep::token::mint;

use crate::program::Said;
use crate::repo::Repo;

/// Scans, and asks that it took far less memory than the bombs hold; that is known on Linux alone.
fn bounded(repo: &Repo, args: &str) -> Said {
    const PEAK_KIB: u64 = 100 << 10;
    let output = repo.root().join("report.json");
    let mut child = repo
        .program("repo", args)
        .stdout(File::create(&output).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        // The last answer before its end is near the peak, if not it.
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = size.unwrap_or(peak);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
    };
    assert!(peak < PEAK_KIB, "{peak} KiB");
    Said {
        code: ended.code().unwrap(),
        report: serde_json::from_slice(&fs::read(output).unwrap()).unwrap(),
        stderr: String::new(),
    }
}

fn deflate(chunks: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for chunk in chunks {
        encoder.write_all(&chunk).unwrap();
    }
    encoder.finish().unwrap()
}

/// Stores bytes as the loose object `id`.
fn store(repo: &Repo, id: &str, bytes: Vec<u8>) {
    let path = repo.loose(id);
    let path = path.strip_prefix(repo.path()).unwrap();
    repo.write(path.to_str().unwrap(), bytes);
}

/// A pack of `count` entries that `body` holds, with its checksum.
fn pack(count: u32, body: &[u8]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&count.to_be_bytes());
    pack.extend_from_slice(body);
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&pack);
    pack.extend_from_slice(hasher.try_finalize().unwrap().as_bytes());
    pack
}

/// The head of an entry: its kind, and how many bytes it unpacks to.
fn head(kind: u8, mut size: u64) -> Vec<u8> {
    let mut head = vec![kind << 4 | (size & 0x0F) as u8];
    size >>= 4;
    while size > 0 {
        *head.last_mut().unwrap() |= 0x80;
        head.push((size & 0x7F) as u8);
        size >>= 7;
    }
    head
}

/// A number in the head of a delta.
fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![(value & 0x7F) as u8];
    value >>= 7;
    while value > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((value & 0x7F) as u8);
        value >>= 7;
    }
    bytes
}

const MIB: u64 = 1 << 20;
const BLOB: u8 = 3;
const OFS_DELTA: u8 = 6;

#[test]
fn a_large_blob_is_left_out_loose_or_packed() {
    let Some(repo) = Repo::new() else { return };
    let (small, large) = (mint::pat(1), mint::pat(2));
    repo.write("small.env", &small)
        .write("large.env", format!("{large}{}", " ".repeat(2 << 20)))
        .commit("both");
    let blob = repo.git(&["rev-parse", "HEAD:large.env"]);
    for _ in 0..2 {
        let said = repo.scan("--no-worktree --max-object-size 1M");
        assert_eq!(said.problems(), [format!("limit repo@{blob}")]);
        assert_eq!(said.tokens(), std::slice::from_ref(&small));
        let skipped = said.skipped();
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].ends_with(" limit 1"), "{skipped:?}");
        assert_eq!(said.objects().values().sum::<u64>(), 4);
        assert_eq!(repo.scan("--no-worktree").tokens().len(), 2);
        repo.git(&["repack", "-q", "-a", "-d"]);
    }
}

#[test]
fn loose_bombs_are_left_out() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("a");
    // Of what they say, the one has too much, the other is a lie.
    let (told, untold) = ("1".repeat(40), "2".repeat(40));
    let zeros = || (0..4_096).map(|_| vec![0; MIB as usize]);
    let size = 4_096 * MIB;
    store(
        &repo,
        &told,
        deflate(std::iter::once(format!("blob {size}\0").into_bytes()).chain(zeros().take(64))),
    );
    store(
        &repo,
        &untold,
        deflate(std::iter::once(b"blob 10\0".to_vec()).chain(zeros())),
    );
    let said = bounded(&repo, "--no-worktree");
    assert_eq!(said.tokens(), [token]);
    let at = |id: &str| format!("repo@{id}");
    assert_eq!(
        said.problems(),
        [
            format!("limit {}", at(&told)),
            format!("corrupt {}", at(&untold))
        ]
    );
}

/// A delta of the entry that begins `distance` bytes before it.
fn delta(distance: usize, base: u64, result: u64, instructions: &[u8]) -> Vec<u8> {
    let delta = [&number(base), &number(result), instructions].concat();
    let mut entry = head(OFS_DELTA, delta.len() as u64);
    // As two bytes: what precedes the last is one less.
    assert!((128..1 << 14).contains(&distance));
    entry.extend([0x80 | ((distance >> 7) - 1) as u8, (distance & 0x7F) as u8]);
    entry.extend(deflate([delta]));
    entry
}

/// A delta that copies what it is built on again and again, and a small one that is built on that.
fn delta_bomb() -> Vec<u8> {
    const BASE: u64 = 1 << 16;
    const COPIES: u64 = 1 << 13;
    let mut body = head(BLOB, BASE);
    body.extend(deflate([vec![b'x'; BASE as usize]]));
    let copies = vec![0x80; COPIES as usize];
    let large = delta(body.len(), BASE, COPIES * BASE, &copies);
    let distance = large.len();
    body.extend(large);
    // Nothing is copied, one byte is put in.
    let mut filler = head(BLOB, 200);
    filler.extend(deflate([(0..200).collect()]));
    let distance = distance + filler.len();
    body.extend(filler);
    body.extend(delta(distance, COPIES * BASE, 1, &[1, b'y']));
    pack(4, &body)
}

#[test]
fn delta_bombs_are_left_out() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("a");
    fs::create_dir_all(repo.path().join(".git/objects/pack")).unwrap();
    repo.write(".git/objects/pack/pack-1.pack", delta_bomb());
    let check = || {
        let said = bounded(&repo, "--no-worktree --max-object-size 16M");
        assert_eq!(said.tokens(), std::slice::from_ref(&token));
        assert_eq!(said.report["coverage"]["complete"], false);
        said
    };
    // Without an index the names of its objects are not known.
    let pack = "corrupt repo/.git/objects/pack/pack-1.pack";
    assert_eq!(check().problems(), [pack]);
    repo.git(&["index-pack", ".git/objects/pack/pack-1.pack"]);
    let said = check();
    assert_eq!(said.problems().len(), 2, "{:?}", said.problems());
    assert_eq!(said.skipped(), ["unknown corrupt 1", "unknown limit 1"]);
}

#[test]
fn an_entry_that_lies_about_its_size_is_left_out() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("a");
    let mut body = head(BLOB, 1 << 50);
    body.extend(deflate([b"few bytes".to_vec()]));
    repo.write(".git/objects/pack/pack-1.pack", pack(1, &body));
    let said = bounded(&repo, "--no-worktree");
    assert_eq!(said.tokens(), [token]);
    assert!(!said.problems().is_empty());
}
