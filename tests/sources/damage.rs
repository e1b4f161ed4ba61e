//! Streams with corrupt bytes in them and foreign ones behind them.

use patsweep::model::ProblemKind;
use patsweep::sources::Options;

use crate::recorder::{
    NEEDLE, Record, ar, bz2, deflated, gz, noise, scan_bytes, tar, xz, zip, zip_by, zst,
};

fn scan(bytes: impl AsRef<[u8]>) -> Record {
    scan_bytes(bytes, &Options::default())
}

#[test]
fn what_follows_the_end_is_scanned_and_told() {
    let behind = [b" and ", NEEDLE].concat();
    // Long enough to stand in another block, or buffer.
    let far = [vec![b'-'; 100_000], NEEDLE.to_vec()].concat();
    let junk = [&behind[..], &far, NEEDLE];
    for (pack, name) in [
        (gz as fn(&[u8]) -> Vec<u8>, "gzip"),
        (bz2, "bzip2"),
        (xz, "xz"),
        (zst, "zstd"),
    ] {
        for junk in junk {
            let record = scan([pack(b"text"), pack(b" on"), junk.to_vec()].concat());
            let expected = [b"text on", junk].concat();
            assert_eq!(record.text("x").as_bytes(), expected, "{name}");
            let message = format!("cannot decode it: what follows its end is not {name}");
            assert_eq!(
                record.problems,
                [("x".to_owned(), ProblemKind::Corrupt, message)]
            );
            let packed = [pack(&tar(&[("a", b"text")])), junk.to_vec()].concat();
            let record = scan(&packed);
            assert_eq!(record.text("x!/a"), "text", "{name}");
            assert!(record.needles.contains_key("x"), "{name} {record:?}");
            assert!(!record.problems.is_empty(), "{name}");
        }
    }
    for junk in junk {
        let whole = tar(&[("a", b"text")]);
        // With its end, and without.
        for length in [whole.len(), whole.len() - 1024] {
            let record = scan([&whole[..length], junk].concat());
            assert_eq!(record.text("x!/a"), "text");
            assert!(record.needles.contains_key("x"), "{record:?}");
            assert_eq!(record.problems.len(), 1, "{record:?}");
        }
        let record = scan([&ar(&[("a", b"text")]), junk].concat());
        assert_eq!(record.text("x!/a"), "text");
        assert!(record.needles.contains_key("x"), "{record:?}");
        assert_eq!(record.problems.len(), 1, "{record:?}");
    }
    // Only zeros follow: nothing to tell.
    let record = scan([tar(&[("a", b"text")]), vec![0; 700]].concat());
    assert_eq!(record.problems, []);
    // In a zip, the packed bytes of a member end where it says, not where they do.
    let record = scan(zip_by(8, &[&deflated(NEEDLE)[..], b" and more"].concat()));
    let expected = [NEEDLE, b" and more"].concat();
    assert_eq!(record.text("x!/a").as_bytes(), expected);
    assert_eq!(record.problem_kinds(), [("x!/a", ProblemKind::Corrupt)]);
}

#[test]
fn nothing_that_was_unpacked_is_lost_to_corrupt_bytes() {
    // Stored blocks of deflate, so that it is known where which byte stands.
    let mut text = noise(5000);
    text.extend(NEEDLE);
    let length = text.len() as u16;
    let mut blocks = vec![0];
    blocks.extend(length.to_le_bytes());
    blocks.extend((!length).to_le_bytes());
    blocks.extend(&text);
    // A block of a type that there is not.
    blocks.push(0b110);
    blocks.extend([0xff; 20]);
    let gzip = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff", &blocks[..]].concat();
    let check = |bytes: Vec<u8>, path: &str| {
        let record = scan(bytes);
        assert_eq!(record.lengths[path], [text.len() as u64], "{path}");
        assert_eq!(record.needles[path], 5000, "{path}");
        assert_eq!(record.problem_kinds(), [(path, ProblemKind::Corrupt)]);
    };
    check(gzip.clone(), "x");
    check(tar(&[("a", &gzip)]), "x!/a");
    check(zip(&[("a", &gzip)]), "x!/a");
    // Two frames or streams, the second one with a bad block behind a good start.
    let zstd = {
        // A raw block of 5,020 bytes, then one of the type that is reserved (RFC 8878).
        let mut frame = b"\x28\xb5\x2f\xfd\0\x58".to_vec();
        frame.extend(&(u32::from(length) << 3).to_le_bytes()[..3]);
        frame.extend(&text);
        frame.extend(&[0b110, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        frame
    };
    check(zstd, "x");
    // The sum of a bzip2 stream is at its end.
    let mut bzip2 = bz2(&text);
    let end = bzip2.len();
    bzip2[end - 6..].fill(0xff);
    check(bzip2, "x");
    // So is the index of an xz stream.
    let mut xz = xz(&text);
    let end = xz.len();
    xz[end - 20..].fill(0xff);
    check(xz, "x");
}

#[test]
fn a_damaged_header_of_a_tar_hides_no_other_member() {
    let whole = tar(&[("a", NEEDLE), ("b", b"text"), ("c", b"on")]);
    let message = "cannot decode it: archive header checksum mismatch";
    let problem = ("x".to_owned(), ProblemKind::Corrupt, message.to_owned());
    // The first header, one in the middle, two, the last.
    for (damaged, members) in [
        (vec![0], vec!["x!/b", "x!/c"]),
        (vec![1], vec!["x!/a", "x!/c"]),
        (vec![0, 1], vec!["x!/c"]),
        (vec![0, 2], vec!["x!/b"]),
        (vec![2], vec!["x!/a", "x!/b"]),
        (vec![0, 1, 2], vec![]),
    ] {
        for at in [3, 148, 150] {
            let mut bytes = whole.clone();
            for member in &damaged {
                bytes[member * 1024 + at] ^= 1;
            }
            let record = scan(&bytes);
            let found: Vec<_> = record.paths().into_iter().filter(|p| *p != "x").collect();
            assert_eq!(found, members, "{damaged:?} {at}");
            assert_eq!(
                record.problems,
                std::slice::from_ref(&problem),
                "{damaged:?} {at}"
            );
            assert_eq!(record.coverage.files.scanned, 1);
            // What is in no member is scanned as it stands.
            let holder = if damaged.contains(&0) { "x" } else { "x!/a" };
            assert!(record.needles.contains_key(holder), "{record:?}");
        }
    }
    // Where there is nothing but a header, and where the end is missing.
    let mut bytes = whole[..1024 + 100].to_vec();
    bytes[148] ^= 1;
    let record = scan(&bytes);
    assert_eq!(record.problems, [problem]);
    assert_eq!(record.needles.get("x"), Some(&512));
    assert_eq!(record.lengths["x"], [1124]);
}
