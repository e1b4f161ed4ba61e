//! Limits, bombs, sizes that lie, and needles far inside.

use std::io::Write;

use patsweep::model::ProblemKind;
use patsweep::sources::Options;
use patsweep::sources::archive::Limits;

use crate::recorder::{Folder, NEEDLE, Record, bz2, gz, noise, scan_bytes, tar, xz, zip, zst};

fn limited(bytes: impl AsRef<[u8]>, set: impl Fn(&mut Limits)) -> Record {
    let mut options = Options::default();
    set(&mut options.limits);
    scan_bytes(bytes, &options)
}

/// The one problem: a limit, naming this flag, at this path.
fn check_limit(record: &Record, path: &str, flag: &str) {
    assert_eq!(
        record.problem_kinds(),
        [(path, ProblemKind::Limit)],
        "{:?}",
        record.problems
    );
    assert!(record.problems[0].2.contains(flag), "{:?}", record.problems);
}

/// A gz of `zeros` zeros and a needle, made without holding them.
fn gz_of_zeros(zeros: u64) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    std::io::copy(
        &mut std::io::Read::take(std::io::repeat(0), zeros),
        &mut encoder,
    )
    .unwrap();
    encoder.write_all(NEEDLE).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_needle_after_2_gib_in_one_gz() {
    let record = limited(gz_of_zeros(2 << 30), |_| ());
    assert_eq!(record.problems, []);
    assert_eq!(record.needles["x"], 2 << 30);
}

#[test]
fn a_needle_behind_200_mb_of_zeros_in_every_codec() {
    let bytes = [vec![0; 200_000_000], NEEDLE.to_vec()].concat();
    for packed in [bz2(&bytes), xz(&bytes), zst(&bytes)] {
        let record = limited(packed, |_| ());
        assert_eq!(record.problems, []);
        assert_eq!(record.needles["x"], 200_000_000);
    }
    let record = limited(zip(&[("a", &bytes)]), |_| ());
    assert_eq!(record.needles["x!/a"], 200_000_000);
}

#[test]
fn a_needle_in_member_99_000() {
    let names: Vec<String> = (0..99_000).map(|at| format!("m{at}")).collect();
    let mut members: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    members.push(("last", NEEDLE));
    for bytes in [zip(&members), tar(&members)] {
        let record = limited(bytes, |_| ());
        assert_eq!(record.problems, []);
        assert_eq!(record.needles["x!/last"], 0);
        assert_eq!(record.coverage.members.scanned, 99_001);
    }
}

#[test]
fn members_past_the_limit() {
    let members: Vec<(&str, &[u8])> = vec![("a", b"1"), ("b", b"2"), ("c", b"3")];
    for bytes in [zip(&members), tar(&members), crate::recorder::ar(&members)] {
        let record = limited(&bytes, |limits| limits.members = 2);
        check_limit(&record, "x", "--archive-max-members");
        assert_eq!(record.paths(), ["x!/a", "x!/b"]);
        // Those of nested archives count too.
        let record = limited(tar(&[("n", &bytes)]), |limits| limits.members = 2);
        check_limit(&record, "x!/n", "--archive-max-members");
        assert_eq!(record.paths(), ["x!/n!/a"]);
    }
}

#[test]
fn bytes_past_the_limit() {
    let mebibyte = vec![b'-'; 1 << 20];
    let members: Vec<(&str, &[u8])> = vec![("a", b"1"), ("b", &mebibyte), ("c", b"3")];
    for bytes in [zip(&members), gz(&tar(&members))] {
        let record = limited(bytes, |limits| limits.unpacked = 500_000);
        check_limit(&record, "x!/b", "--archive-max-size");
        assert_eq!(record.paths(), ["x!/a", "x!/b"]);
        assert!(record.lengths["x!/b"][0] < 700_000);
    }
}

#[test]
fn a_nested_zip_larger_than_the_limit_of_bytes() {
    let inner = zip(&[("noise", &noise(1 << 20))]);
    let bytes = tar(&[("inner.zip", &inner)]);
    let record = limited(&bytes, |limits| limits.unpacked = 500_000);
    // The limit, and what is missing because of it.
    let expected = [
        ("x!/inner.zip", ProblemKind::Truncated),
        ("x!/inner.zip", ProblemKind::Limit),
    ];
    let mut found = record.problem_kinds();
    found.retain(|(path, _)| *path == "x!/inner.zip");
    assert_eq!(found, expected);
    // What is kept to be read at random does not count twice.
    let record = limited(&bytes, |limits| limits.unpacked = 1_500_000);
    assert_eq!(record.problems, []);
    assert_eq!(record.lengths["x!/inner.zip!/noise"], [1 << 20]);
}

#[test]
fn the_ratio_is_judged_past_256_mib() {
    let below = limited(gz_of_zeros(256 << 20), |limits| limits.ratio = 10);
    assert_eq!(below.problems, []);
    let past = limited(gz_of_zeros(300 << 20), |limits| limits.ratio = 10);
    check_limit(&past, "x", "--archive-max-ratio");
    assert!(past.lengths["x"][0] > 250 << 20);
    // A bomb with the limits as they are: zst packs zeros by ten thousands.
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    std::io::copy(
        &mut std::io::Read::take(std::io::repeat(0), 1 << 30),
        &mut encoder,
    )
    .unwrap();
    let bomb = encoder.finish().unwrap();
    check_limit(&limited(&bomb, |_| ()), "x", "--archive-max-ratio");
    let record = limited(
        zip(&[("a", b"text"), ("bomb", &bomb), ("c", b"text")]),
        |_| (),
    );
    check_limit(&record, "x!/bomb", "--archive-max-ratio");
    assert_eq!(record.text("x!/a"), "text");
}

#[test]
fn archives_nested_too_deep_are_scanned_as_they_are() {
    let nest =
        |depth: usize| (1..depth).fold(zip(&[("a", NEEDLE)]), |inner, _| tar(&[("n", &inner)]));
    let eight = limited(nest(8), |_| ());
    assert_eq!(eight.problems, []);
    assert_eq!(eight.needles[&format!("x!/{}a", "n!/".repeat(7))], 0);
    let nine = limited(nest(9), |_| ());
    let path = format!("x!/{}n", "n!/".repeat(7));
    check_limit(&nine, &path, "--archive-max-depth");
    assert_eq!(nine.coverage.members.scanned, 8);
    let layers = |count| (0..count).fold(NEEDLE.to_vec(), |inner, _| gz(&inner));
    assert_eq!(limited(layers(8), |_| ()).needles["x"], 0);
    check_limit(&limited(layers(9), |_| ()), "x", "--archive-max-depth");
    // Eight packed tars are eight archives.
    let packed = (0..8).fold(NEEDLE.to_vec(), |inner, _| gz(&tar(&[("n", &inner)])));
    assert_eq!(limited(packed, |_| ()).problems, []);
}

#[test]
fn decoders_that_need_too_much_memory() {
    let noise = noise(5_000_000);
    let window = |limits: &mut Limits| limits.window = 1 << 20;
    let options = liblzma::stream::LzmaOptions::new_preset(6).unwrap();
    let stream = liblzma::stream::Stream::new_stream_encoder(
        liblzma::stream::Filters::new().lzma2(&options),
        liblzma::stream::Check::Crc32,
    );
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream.unwrap());
    encoder.write_all(&noise).unwrap();
    let xz = encoder.finish().unwrap();
    check_limit(&limited(&xz, window), "x", "--archive-max-window");
    assert_eq!(limited(&xz, |_| ()).problems, []);
    let zst = zstd::encode_all(&noise[..], 19).unwrap();
    check_limit(&limited(&zst, window), "x", "--archive-max-window");
    assert_eq!(limited(&zst, |_| ()).problems, []);
}

#[test]
fn headers_that_claim_any_size() {
    // A tar whose pax header is a bomb, and one whose long name never ends.
    for kind in [b'x', b'L'] {
        let mut header = tar::Header::new_gnu();
        header.set_path("name").unwrap();
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_size(8 << 30);
        header.set_cksum();
        let bytes = [header.as_bytes(), &vec![b'a'; 64 << 20][..]].concat();
        let record = limited(gz(&bytes), |_| ());
        assert_eq!(
            record.problem_kinds(),
            [("x", ProblemKind::Corrupt)],
            "{:?}",
            record.problems
        );
    }
    let table = b"!<arch>\n//                                              9999999999`\nshort";
    let record = limited(table, |_| ());
    assert_eq!(record.problem_kinds(), [("x", ProblemKind::Corrupt)]);
    let member = b"!<arch>\na/              0           0     0     644     9999999999`\nshort";
    let record = limited(member, |_| ());
    assert_eq!(record.problem_kinds(), [("x!/a", ProblemKind::Truncated)]);
    assert_eq!(record.text("x!/a"), "short");
    // A sparse member that is all hole.
    let mut header = tar::Header::new_gnu();
    header.set_path("hole").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(0);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize[..11].copy_from_slice(b"77777777777");
    gnu.sparse[0].offset[..11].copy_from_slice(b"77777777777");
    gnu.sparse[0].numbytes[..11].copy_from_slice(b"00000000000");
    header.set_cksum();
    let record = limited([header.as_bytes(), &[0; 1024][..]].concat(), |_| ());
    assert!(!record.problems.is_empty());
}

#[test]
fn a_nested_zip_larger_than_memory_is_kept_in_a_file() {
    let folder = Folder::new();
    let noise = noise(40 << 20);
    let inner = zip(&[("noise", &noise), ("a", NEEDLE)]);
    assert!(inner.len() > 32 << 20);
    folder.add("x", gz(&tar(&[("inner.zip", &inner)])));
    let record = folder.scan(&Options::default());
    assert_eq!(record.problems, []);
    assert_eq!(record.needles["x!/inner.zip!/a"], 0);
    assert_eq!(record.lengths["x!/inner.zip!/noise"], [40 << 20]);
}

#[test]
fn members_that_overlap_are_bounded() {
    // Many records for one member: read once.
    let local = crate::recorder::stored_local("a", &[b'-'; 1000]);
    let record = crate::recorder::stored_record("a", &[b'-'; 1000], 0, 0);
    let directory = record.repeat(1000);
    let end = crate::recorder::zip_end(1000, directory.len(), local.len(), b"");
    let record = limited([local, directory, end].concat(), |_| ());
    assert_eq!(record.lengths["x!/a"], [1000]);
    assert_eq!(record.coverage.members.scanned, 1000);
    assert_eq!(record.problems, []);
}

#[test]
fn mutants_neither_panic_nor_hang() {
    let members: &[(&str, &[u8])] = &[("a", b"text"), ("dir/b", &[b'-'; 5000]), ("c", NEEDLE)];
    let ar = crate::recorder::ar(members);
    let seeds = [
        zip(members),
        tar(members),
        ar,
        gz(&tar(members)),
        xz(&zip(members)),
        bz2(&tar(members)),
        zst(NEEDLE),
    ];
    let folder = Folder::new();
    let mut state = 7_usize;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for seed in &seeds {
        for at in 0..400 {
            let mut bytes = seed.clone();
            for _ in 0..=next(4) {
                let place = next(bytes.len());
                bytes[place] = [0, 0xff, 0x7f, b'9', next(256) as u8][next(5)];
            }
            if next(4) == 0 {
                bytes.truncate(next(bytes.len()));
            }
            folder.add(&format!("{at}"), bytes);
        }
        let record = folder.scan(&Options::default());
        assert_eq!(record.coverage.files.seen(), 400);
        // Nothing is dropped in silence: what is not a stream is a problem.
        for at in 0..400 {
            let path = at.to_string();
            let inner = format!("{path}!/");
            let told = |shown: &str| shown == path || shown.starts_with(&inner);
            let heard = record.streams.keys().any(|path| told(path))
                || record.problems.iter().any(|(path, ..)| told(path));
            assert!(heard, "{path}");
        }
    }
}
