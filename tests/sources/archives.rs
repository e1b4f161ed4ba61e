//! Archives and compression layers of every kind, and how they lie.

use std::io::Write;

use patsweep::model::{ProblemKind, SkipReason, Unit};
use patsweep::sources::Options;

use crate::recorder::{
    Folder, NEEDLE, Record, ar, bz2, deflated, gz, lzma, noise, scan_bytes, stored_local,
    stored_record, tar, xz, zip, zip_by, zip_end, zst,
};

fn scan(bytes: impl AsRef<[u8]>) -> Record {
    scan_bytes(bytes, &Options::default())
}

/// The texts of all streams that hold any, by path.
fn texts(record: &Record) -> Vec<(&str, String)> {
    let text = |streams: &Vec<Vec<u8>>| String::from_utf8_lossy(&streams.concat()).into_owned();
    record
        .streams
        .iter()
        .map(|(path, streams)| (path.as_str(), text(streams)))
        .collect()
}

fn check(bytes: impl AsRef<[u8]>, expected: &[(&str, &str)]) {
    let record = scan(bytes);
    let expected: Vec<_> = expected
        .iter()
        .map(|(path, text)| (*path, (*text).to_owned()))
        .collect();
    assert_eq!(texts(&record), expected);
    assert_eq!(record.problems, []);
    assert_eq!(record.coverage.files.scanned, 1);
    assert_eq!(
        record.coverage.members.seen(),
        record.coverage.members.scanned
    );
}

#[test]
fn layers_add_nothing_to_the_path() {
    for pack in [gz, bz2, xz, lzma, zst] {
        check(pack(b"text"), &[("x", "text")]);
        check(pack(&pack(b"text")), &[("x", "text")]);
        check(pack(b""), &[("x", "")]);
        let twice = [pack(b"one "), pack(b"two")].concat();
        check(twice, &[("x", "one two")]);
        check(pack(&tar(&[("a/.env", b"text")])), &[("x!/a/.env", "text")]);
    }
}

#[test]
fn padding_and_frames_that_are_skipped() {
    check(
        [gz(b"one"), vec![0; 1000], gz(b" two"), vec![0; 7]].concat(),
        &[("x", "one two")],
    );
    let skipped = b"\x53\x2a\x4d\x18\x04\0\0\0note";
    check(
        [&skipped[..], &zst(b"text"), skipped].concat(),
        &[("x", "text")],
    );
    check([xz(b"text"), vec![0; 8]].concat(), &[("x", "text")]);
}

#[test]
fn members_of_every_archive() {
    let members: &[(&str, &[u8])] = &[("a/.env", b"one"), ("b", b""), ("c c", b"three")];
    let expected = [("x!/a/.env", "one"), ("x!/b", ""), ("x!/c c", "three")];
    check(tar(members), &expected);
    check(zip(members), &expected);
    check(ar(members), &expected);
}

#[test]
fn long_names() {
    let long = "folder/".repeat(60) + "name";
    let path = format!("x!/{long}");
    let members: &[(&str, &[u8])] = &[(&long, b"one"), ("b", b"two")];
    let expected = [("x!/b", "two"), (&*path, "one")];
    check(tar(members), &expected);
    check(zip(members), &expected);
    check(ar(members), &expected);
    let mut pax = tar::Builder::new(Vec::new());
    pax.append_pax_extensions([("path", long.as_bytes())])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("short").unwrap();
    header.set_size(3);
    header.set_cksum();
    pax.append(&header, &b"one"[..]).unwrap();
    check(pax.into_inner().unwrap(), &[(&*path, "one")]);
    let bsd = [
        b"!<arch>\n#1/8            0           0     0     100644  11        `\n",
        &b"name\0\0\0\0one\n"[..],
    ];
    check(bsd.concat(), &[("x!/name", "one")]);
}

#[test]
fn names_of_members_are_given_whole() {
    let record = scan(tar(&[("a/b.txt", &zip(&[("c/d", b"text")]))]));
    let names: Vec<_> = record
        .names
        .iter()
        .map(|(p, n)| (p.as_str(), n.as_str()))
        .collect();
    assert!(names.contains(&("x!/a/b.txt", "a/b.txt")), "{names:?}");
    assert!(names.contains(&("x!/a/b.txt!/c/d", "c/d")), "{names:?}");
}

#[test]
fn archives_inside_each_other() {
    let inner = zip(&[("a/.env", b"text")]);
    check(
        zip(&[("inner.zip", &inner)]),
        &[("x!/inner.zip!/a/.env", "text")],
    );
    check(gz(&tar(&[("i", &xz(&inner))])), &[("x!/i!/a/.env", "text")]);
    let deb = ar(&[
        ("debian-binary", b"2.0\n"),
        ("data.tar.xz", &xz(&tar(&[("etc/token", b"text")]))),
    ]);
    check(
        &deb,
        &[
            ("x!/data.tar.xz!/etc/token", "text"),
            ("x!/debian-binary", "2.0\n"),
        ],
    );
    check(
        zst(&deb),
        &[
            ("x!/data.tar.xz!/etc/token", "text"),
            ("x!/debian-binary", "2.0\n"),
        ],
    );
}

#[test]
fn tars_in_a_row_and_odd_names() {
    let two = [tar(&[("a", b"one")]), vec![0; 4096], tar(&[("b", b"two")])].concat();
    check(two, &[("x!/a", "one"), ("x!/b", "two")]);
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["/etc/passwd", "../../up", "a/../b"] {
        let mut header = tar::Header::new_old();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(1);
        header.set_cksum();
        builder.append(&header, &b"x"[..]).unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    check(
        bytes,
        &[
            ("x!/../../up", "x"),
            ("x!//etc/passwd", "x"),
            ("x!/a/../b", "x"),
        ],
    );
}

#[test]
fn links_and_devices_in_a_tar_are_counted() {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind) in [
        ("dir/", tar::EntryType::Directory),
        ("soft", tar::EntryType::Symlink),
        ("hard", tar::EntryType::Link),
        ("pipe", tar::EntryType::Fifo),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    let record = scan(builder.into_inner().unwrap());
    assert_eq!(
        record.skipped(Unit::Member),
        [(SkipReason::Special, 1), (SkipReason::Link, 2)]
    );
    assert_eq!(record.problems, []);
    assert_eq!(record.names.len(), 6);
}

#[test]
fn leading_bytes_of_a_zip_are_scanned_at_their_place() {
    let stub = [b"#!/bin/sh\n", NEEDLE, b"\nexit\n"].concat();
    let record = scan([&stub[..], &zip(&[("a", b"text")])].concat());
    assert_eq!(record.text("x!/a"), "text");
    assert_eq!(record.needles["x"], 10);
    assert_eq!(record.lengths["x"], [stub.len() as u64]);
    assert_eq!(record.problems, []);
    // Inside another archive too, also where it is too large to be seen at once.
    let large = [
        b"MZ\0",
        &vec![b'-'; 300_000][..],
        &stub,
        &zip(&[("a", b"text")]),
    ]
    .concat();
    let record = scan(tar(&[("setup.exe", &large)]));
    assert_eq!(record.text("x!/setup.exe!/a"), "text");
    assert_eq!(record.needles["x!/setup.exe"], 300_013);
    // Whatever the first bytes are.
    for bytes in [tar(&[("picture", &large[3..])]), gz(&large[3..])] {
        let record = scan(bytes);
        let path = record.needles.keys().next().unwrap();
        assert_eq!(record.needles[path], 300_010);
        assert_eq!(record.text(&format!("{path}!/a")), "text");
        assert_eq!(record.problems, []);
    }
}

#[test]
fn the_end_of_a_zip_is_not_taken_for_granted() {
    // A program that handles zips is no zip.
    let program = [
        b"\x7fELF\0PK\x05\x06\0\0\0\0PK\x01\x02PK\x03\x04",
        &[0; 100][..],
        NEEDLE,
    ]
    .concat();
    let record = scan(&program);
    assert_eq!(record.problems, []);
    assert_eq!(record.lengths["x"], [program.len() as u64]);
    // A false end behind the true one hides nothing.
    let stub = &b"#!/bin/sh\n"[..];
    let end = [&b"PK\x05\x06"[..], &[0xff; 18]].concat();
    let record = scan([stub, &zip(&[("a", b"text")]), &end, b"PK\x05\x06\0"].concat());
    assert_eq!(record.text("x!/a"), "text");
    assert_eq!(record.problems, []);
}

#[test]
fn comments_of_a_zip_are_scanned() {
    let data = stored_local("a", b"text");
    let record = stored_record("a", b"text", 0, 0);
    let comment = [b"comment ", NEEDLE].concat();
    let end = zip_end(1, record.len(), data.len(), &comment);
    let place = data.len() + record.len() + 22 + 8;
    let record = scan([data, record, end].concat());
    assert_eq!(record.text("x!/a"), "text");
    assert_eq!(record.needles["x"], place as u64);
    assert_eq!(record.problems, []);
}

#[test]
fn members_that_only_one_of_directory_and_local_headers_knows() {
    let hidden = stored_local("hidden", b"one");
    let listed = stored_local("local-name", b"two");
    let record = stored_record("listed", b"two", 0, hidden.len() as u32);
    let end = zip_end(1, record.len(), hidden.len() + listed.len(), b"");
    let record = scan([hidden, listed, record, end].concat());
    assert_eq!(
        texts(&record),
        [
            ("x!/hidden", "one".to_owned()),
            ("x!/listed", "two".to_owned())
        ]
    );
    assert_eq!(record.problems, []);
    assert_eq!(record.coverage.members.scanned, 2);
    assert!(
        record
            .names
            .contains(&("x!/listed".to_owned(), "local-name".to_owned()))
    );
}

#[test]
fn a_record_and_a_local_header_that_differ_are_both_believed() {
    // The directory sees the first word alone, the local header both.
    let local = stored_local("whole", b"one two");
    let record = stored_record("part", b"one", 0, 0);
    let end = zip_end(1, record.len(), local.len(), b"");
    let record = scan([local, record, end].concat());
    assert_eq!(
        texts(&record),
        [
            ("x!/part", "one".to_owned()),
            ("x!/whole", "one two".to_owned())
        ]
    );
    assert_eq!(record.problems, []);
}

#[test]
fn a_record_without_a_member() {
    let record = stored_record("nowhere", b"text", 0, 5);
    let end = zip_end(1, record.len(), 0, b"");
    let record = scan([record, end].concat());
    assert_eq!(
        record.problem_kinds(),
        [("x!/nowhere", ProblemKind::Corrupt)]
    );
    assert_eq!(record.skipped(Unit::Member), [(SkipReason::Corrupt, 1)]);
}

#[test]
fn encrypted_members_make_one_problem() {
    let archive = |names: &[&str]| {
        let (mut data, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            directory.extend(stored_record(name, b"secret", 1, data.len() as u32));
            data.extend(stored_local(name, b"secret"));
        }
        let end = zip_end(names.len() as u16, directory.len(), data.len(), b"");
        [data, directory, end].concat()
    };
    let one = scan(archive(&["a"]));
    assert_eq!(
        one.problems,
        [(
            "x!/a".to_owned(),
            ProblemKind::Encrypted,
            "it needs a password".to_owned()
        )]
    );
    let many = scan(archive(&["a", "b", "c"]));
    let message = "3 members need a password".to_owned();
    assert_eq!(
        many.problems,
        [("x".to_owned(), ProblemKind::Encrypted, message)]
    );
    assert_eq!(many.skipped(Unit::Member), [(SkipReason::Encrypted, 3)]);
    assert_eq!(many.streams.len(), 0);
}

#[test]
fn truncated_archives_keep_what_came() {
    let noise = noise(200_000);
    let members: &[(&str, &[u8])] = &[("a", b"text"), ("b", &noise)];
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 2 / 3].to_vec();
    for (bytes, path) in [
        (cut(tar(members)), "x!/b"),
        (cut(ar(members)), "x!/b"),
        (cut(gz(&tar(members))), "x!/b"),
        (cut(zst(&noise)), "x"),
        (cut(gz(&noise)), "x"),
        (cut(xz(&noise)), "x"),
    ] {
        let record = scan(&bytes);
        assert_eq!(record.problem_kinds(), [(path, ProblemKind::Truncated)]);
        if path == "x!/b" {
            assert_eq!(record.text("x!/a"), "text");
        }
        assert!(
            record.lengths[path][0] > 10_000,
            "{path} {:?}",
            record.lengths
        );
    }
    // A zip has lost its directory; the local headers still lead to its members.
    let record = scan(cut(zip(members)));
    assert_eq!(record.text("x!/a"), "text");
    assert!(record.lengths["x!/b"][0] > 10_000);
    assert_eq!(record.problem_kinds()[0], ("x", ProblemKind::Truncated));
    // One block of bz2 is all or nothing: the bytes themselves are scanned.
    let record = scan(cut(bz2(&noise)));
    assert_eq!(record.problem_kinds()[0].0, "x");
}

#[test]
fn a_member_that_is_corrupt_does_not_hide_the_next() {
    let mut broken = gz(&b"line\n".repeat(50_000));
    let middle = broken.len() / 2;
    broken[middle..middle + 8].fill(0xff);
    for bytes in [
        tar(&[("a.gz", &broken), ("b", b"text")]),
        ar(&[("a.gz", &broken), ("b", b"text")]),
        zip(&[("a.gz", &broken), ("b", b"text")]),
    ] {
        let record = scan(bytes);
        assert_eq!(record.text("x!/b"), "text");
        assert_eq!(record.problem_kinds(), [("x!/a.gz", ProblemKind::Corrupt)]);
        assert_eq!(record.coverage.members.scanned, 2);
    }
}

#[test]
fn a_checksum_that_is_wrong_is_a_problem() {
    let local = stored_local("a", b"text");
    let record = stored_record("a", b"tent", 0, 0);
    let end = zip_end(1, record.len(), local.len(), b"");
    let record = scan([local, record, end].concat());
    assert_eq!(record.problem_kinds(), [("x!/a", ProblemKind::Corrupt)]);
    assert_eq!(record.text("x!/a"), "text");
}

#[test]
fn what_can_not_be_decoded_is_scanned_as_it_is() {
    let check = |start: &[u8], kinds: &[(&str, ProblemKind)]| {
        let bytes = [start, NEEDLE].concat();
        let record = scan(&bytes);
        assert_eq!(
            record.needles.get("x"),
            Some(&(start.len() as u64)),
            "{start:?} {record:?}"
        );
        assert_eq!(record.problem_kinds(), kinds, "{start:?}");
    };
    check(b"BZh91 is only text ", &[]);
    check(b"PK is only text ", &[]);
    check(
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff",
        &[("x", ProblemKind::Corrupt)],
    );
    check(b"BZh91AY&SY\0\0\0\0", &[("x", ProblemKind::Corrupt)]);
    check(
        b"\xfd7zXZ\0\0\x04 no, not at all, not an xz file ",
        &[("x", ProblemKind::Corrupt)],
    );
    check(
        b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff",
        &[("x", ProblemKind::Corrupt)],
    );
    check(
        b"PK\x03\x04 is only text, and no directory follows ",
        &[("x", ProblemKind::Truncated)],
    );
}

#[test]
fn recognised_and_not_read() {
    for start in [
        &b"7z\xbc\xaf\x27\x1c\0\x04"[..],
        b"Rar!\x1a\x07\0",
        b"Rar!\x1a\x07\x01\0",
        b"\xed\xab\xee\xdb\x03\0",
        b"MSCF\0\0\0\0",
        b"# v2 git bundle\n",
        b"# v3 git bundle\n",
        b"PACK\0\0\0\x02\0\0\0\0",
        b"\x1f\x9d\x90",
        b"LZIP\x01\x0c",
    ] {
        let record = scan(start);
        assert_eq!(record.problem_kinds(), [("x", ProblemKind::Unsupported)]);
        assert_eq!(record.skipped(Unit::File), [(SkipReason::Unsupported, 1)]);
        let record = scan(zip(&[("y", start)]));
        assert_eq!(record.problem_kinds(), [("x!/y", ProblemKind::Unsupported)]);
        assert_eq!(record.skipped(Unit::Member), [(SkipReason::Unsupported, 1)]);
    }
}

#[test]
fn what_is_recognised_and_may_hold_bytes_that_do_not_pack_is_scanned_as_it_is() {
    let squashfs = [b"hsqs", &[0; 24][..], b"\x04\0\0\0"].concat();
    let lha = b"\x1f\x09-lh0-\0\0\0\0\0\0\0\0\0\0\0\0\x20\x02";
    let lha = [&lha[..20], b"\x02"].concat();
    let cpio = format!("070701{}0000000200000000a\0", "0".repeat(88));
    for (start, what) in [
        (&b"\x04\x22\x4d\x18\x64\x40"[..], "an lz4 file"),
        (b"\x02\x21\x4c\x18", "an lz4 file"),
        (b"\x89LZO\0\r\n\x1a\n", "an lzop file"),
        (b"MSWIM\0\0\0", "a wim image"),
        (b"xar!\0\x1c\0\x01", "a xar archive"),
        (&squashfs, "a squashfs image"),
        (cpio.as_bytes(), "a cpio archive"),
        (&lha, "an lha archive"),
    ] {
        let bytes = [start, NEEDLE].concat();
        let message =
            format!("it is {what}, which is not unpacked: its bytes are scanned as they are");
        for (bytes, path) in [(bytes.clone(), "x"), (zip(&[("y", &bytes)]), "x!/y")] {
            let record = scan(bytes);
            let problem = (path.to_owned(), ProblemKind::Unsupported, message.clone());
            assert_eq!(record.problems, [problem]);
            assert_eq!(record.needles.get(path), Some(&(start.len() as u64)));
            assert_eq!(record.coverage.files.scanned, 1);
        }
    }
}

#[test]
fn lzma_needs_more_than_a_header() {
    let whole = lzma(&[NEEDLE, &noise(400_000)].concat());
    let record = scan(&whole[..whole.len() / 2]);
    assert_eq!(record.problem_kinds(), [("x", ProblemKind::Truncated)]);
    assert!(record.needles.contains_key("x"), "{record:?}");
    // A dictionary larger than the window is a limit.
    let mut large = whole.clone();
    large[1..5].copy_from_slice(&(1_u32 << 31).to_le_bytes());
    assert_eq!(scan(&large).problem_kinds(), [("x", ProblemKind::Limit)]);
    // What fails at once never was one.
    let mut none = [&whole[..14], &[0xff; 64], NEEDLE].concat();
    let record = scan(&none);
    assert_eq!(record.problems, [], "{record:?}");
    assert_eq!(record.needles.get("x"), Some(&78));
    none[0] = b'[';
    assert_eq!(scan(&none).problems, []);
}

#[test]
fn methods_of_zip() {
    let lzma = || {
        let options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma1(&options);
        let stream = liblzma::stream::Stream::new_raw_encoder(&filters).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(NEEDLE).unwrap();
        // The preset's properties: lc 3, lp 0, pb 2 and a dictionary of 256 KiB.
        [
            &[9, 20, 5, 0, 0x5d, 0, 0, 4, 0][..],
            &encoder.finish().unwrap(),
        ]
        .concat()
    };
    for (method, packed) in [
        (0, NEEDLE.to_vec()),
        (8, deflated(NEEDLE)),
        // Short matches are the same in both.
        (9, deflated(NEEDLE)),
        (12, bz2(NEEDLE)),
        (14, lzma()),
        (93, zst(NEEDLE)),
        (95, xz(NEEDLE)),
    ] {
        let record = scan(zip_by(method, &packed));
        assert_eq!(record.problems, [], "method {method}");
        assert_eq!(record.text("x!/a").as_bytes(), NEEDLE, "method {method}");
    }
    let record = scan(zip_by(98, NEEDLE));
    let message = "it needs a method that is not known".to_owned();
    assert_eq!(
        record.problems,
        [("x!/a".to_owned(), ProblemKind::Unsupported, message)]
    );
    assert_eq!(record.skipped(Unit::Member), [(SkipReason::Unsupported, 1)]);
}

#[test]
fn git_repositories_in_archives_make_one_problem_each() {
    let loose = "a/.git/objects/ab/0123456789abcdef0123456789abcdef012345";
    let members: &[(&str, &[u8])] = &[
        ("a/.git/config", b"text"),
        ("a/.git/objects/pack/pack-1.pack", b"PACK"),
        (loose, b"x"),
        ("bare/objects/pack/pack-2.idx", b"x"),
    ];
    for bytes in [tar(members), zip(members), ar(members)] {
        let record = scan(bytes);
        let unsupported = ProblemKind::Unsupported;
        assert_eq!(
            record.problem_kinds(),
            [("x!/a/.git", unsupported), ("x!/bare", unsupported)]
        );
        assert_eq!(texts(&record), [("x!/a/.git/config", "text".to_owned())]);
        assert_eq!(record.skipped(Unit::Member), [(SkipReason::Unsupported, 3)]);
    }
}

#[test]
fn large_files_are_opened_too() {
    let noise = noise(3_000_000);
    let members: &[(&str, &[u8])] = &[("noise", &noise), ("a", NEEDLE)];
    let stub = vec![b'-'; 2_000_000];
    for bytes in [
        tar(members),
        gz(&tar(members)),
        zip(members),
        ar(members),
        tar(&[("z", &zip(members)), ("a", NEEDLE)]),
        [stub, zip(members)].concat(),
    ] {
        let record = scan(bytes);
        assert_eq!(record.needles.get("x!/a"), Some(&0));
        assert_eq!(record.problems, []);
    }
}

#[test]
fn names_do_not_matter() {
    let folder = Folder::new();
    folder.add("picture.png", zip(&[("a", b"text")]));
    folder.add("text.zip", b"not a zip");
    let record = folder.scan(&Options::default());
    assert_eq!(record.text("picture.png!/a"), "text");
    assert_eq!(record.text("text.zip"), "not a zip");
    assert_eq!(record.problems, []);
}
