//! Databases that were made to harm, or came to it.

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::paths::MAX_PATHS;
use super::*;
use crate::model::Version;

/// Traces one blob; `told`, and how many places there are, and whether those are all.
fn trace(repo: &Repo, blob: &str) -> (String, usize, bool) {
    let opened = repo.open();
    let number = opened.number(blob);
    let traced = opened.attribute(&Hits {
        blobs: [number].into(),
        tokens: vec![vec![number]],
        ..Hits::default()
    });
    let traced = &traced.blobs[&number];
    (
        summary(traced.introduced.as_ref()),
        traced.places.len(),
        traced.paths_cut,
    )
}

fn write_blob(repo: &Repo, text: &str) -> String {
    repo.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes())
}

/// Writes `bytes` as the loose object `id`, whatever its id should be.
pub(super) fn forge(repo: &Repo, id: &str, kind: &str, bytes: &[u8]) {
    let path = repo.path().join(".git/objects").join(&id[..2]);
    fs::create_dir_all(&path).unwrap();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(format!("{kind} {}\0", bytes.len()).as_bytes())
        .unwrap();
    encoder.write_all(bytes).unwrap();
    fs::write(path.join(&id[2..]), encoder.finish().unwrap()).unwrap();
}

/// Bytes of a tree of folders and files, told by `mode name` and their ids.
pub(super) fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (entry, id) in entries {
        bytes.extend_from_slice(entry.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(ObjectId::from_hex(id.as_bytes()).unwrap().as_bytes());
    }
    bytes
}

#[test]
fn a_bomb_of_shared_trees() {
    let Some(repo) = Repo::new() else { return };
    let blob = write_blob(&repo, "hit");
    let mut folder = repo.tree(&[format!("100644 blob {blob}\thit")]);
    for _ in 0..10 {
        let lines: Vec<_> = (0..10)
            .map(|at| format!("040000 tree {folder}\t{at}"))
            .collect();
        folder = repo.tree(&lines);
    }
    repo.commit_tree(&folder, &[], "bomb");
    assert_eq!(trace(&repo, &blob), ("bomb".to_owned(), MAX_PATHS, true));
}

#[test]
fn trees_of_any_depth() {
    let Some(repo) = Repo::new() else { return };
    let blob = write_blob(&repo, "hit");
    let tree_id = |at: usize| format!("{:040x}", at + 1);
    forge(&repo, &tree_id(0), "tree", &tree(&[("100644 hit", &blob)]));
    for at in 1..6000 {
        forge(
            &repo,
            &tree_id(at),
            "tree",
            &tree(&[("40000 d", &tree_id(at - 1))]),
        );
    }
    let commit = |at: usize, id: &str| {
        let text = format!(
            "tree {}\ncommitter C <c> {at} +0000\n\n{at} deep",
            tree_id(at)
        );
        forge(&repo, &id.repeat(40), "commit", text.as_bytes());
    };
    commit(5999, "a");
    assert_eq!(trace(&repo, &blob), ("5999 deep".to_owned(), 0, true));
    commit(3000, "b");
    assert_eq!(trace(&repo, &blob), ("3000 deep".to_owned(), 1, true));
}

#[test]
fn what_contains_itself() {
    let Some(repo) = Repo::new() else { return };
    let blob = write_blob(&repo, "hit");
    let [one, two, first, second, tag] = ["1", "2", "a", "b", "c"].map(|id| id.repeat(40));
    let forged = tree(&[("40000 d", &two), ("40000 e", &one), ("100644 hit", &blob)]);
    forge(&repo, &one, "tree", &forged);
    forge(&repo, &two, "tree", &tree(&[("40000 d", &one)]));
    let commit = |parent: &str| format!("tree {one}\nparent {parent}\n\nround");
    forge(&repo, &first, "commit", commit(&second).as_bytes());
    forge(&repo, &second, "commit", commit(&first).as_bytes());
    forge(
        &repo,
        &tag,
        "tag",
        format!("object {tag}\ntype tag\n").as_bytes(),
    );
    let mut opened = repo.open();
    opened.tips.refs = vec![("refs/tags/t".to_owned(), opened.number(&tag))];
    opened.tips.head = Some(opened.number(&first));
    let traced = opened.trace(std::slice::from_ref(&blob));
    let traced = &traced.blobs[&opened.number(&blob)];
    assert_eq!(summary(traced.introduced.as_ref()), "round");
    assert_eq!(traced.reach, Reach::Tip);
}

#[test]
fn damaged_objects() {
    let Some(repo) = Repo::new() else { return };
    let blob = write_blob(&repo, "hit");
    let other = "9".repeat(40);
    let mut cut = tree(&[("100644 a", &blob), ("100644 b", &other)]);
    cut.truncate(cut.len() - 3);
    forge(&repo, &"1".repeat(40), "tree", &cut);
    forge(&repo, &"2".repeat(40), "tree", b"no tree at all");
    forge(
        &repo,
        &"3".repeat(40),
        "tree",
        &tree(&[("40000 blob", &blob)]),
    );
    let commits: [(&str, &[u8]); 6] = [
        ("a", b""),
        ("b", b"tree \nparent \nparent xyz\nauthor"),
        ("c", b"tree 1111111111111111111111111111111111111111"),
        ("d", b"tree 2222222222222222222222222222222222222222\n\n"),
        (
            "e",
            b"parent 1111111111111111111111111111111111111111\n\n\xff\xfe",
        ),
        ("f", b"tree 3333333333333333333333333333333333333333\n\n"),
    ];
    for (id, bytes) in commits {
        forge(&repo, &id.repeat(40), "commit", bytes);
    }
    for (id, bytes) in [("7", &b""[..]), ("8", b"object \n")] {
        forge(&repo, &id.repeat(40), "tag", bytes);
    }
    let opened = repo.open();
    let number = opened.number(&blob);
    let traced = opened.attribute(&Hits {
        blobs: [number].into(),
        messages: (0..opened.store.table.len() as u32).map(Number).collect(),
        ..Hits::default()
    });
    let blob = &traced.blobs[&number];
    let introduced = blob.introduced.as_ref().map(|commit| commit.id.to_string());
    assert_eq!(introduced, Some("c".repeat(40)));
    let paths: Vec<_> = blob
        .places
        .iter()
        .map(|place| place.path.to_text())
        .collect();
    assert_eq!(paths, ["a"]);
}

/// No damage at all: a pass over trees begins in the middle of a pack that begins with blobs.
#[test]
fn a_pack_that_begins_with_what_is_not_read() {
    let Some(repo) = Repo::new() else { return };
    let texts = "blob\ndata 4\ntext\n".to_owned() + &"blob\ndata 4\nmore\n".repeat(9);
    let commit = "commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\nM 100644 inline ";
    let commits = ["x", "y", "z"].map(|name| format!("{commit}{name}\ndata 3\nhit\n"));
    let input = texts + &commits.concat();
    let args = ["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet"];
    repo.git_with(&args, input.as_bytes());
    let opened = repo.open();
    let table = &opened.store.table;
    let kind = crate::model::ObjectKind::Tree;
    let (sender, seen) = std::sync::mpsc::channel();
    let visit = move |number, kind, _: Version<'_>| match sender.send((number, kind)) {
        Ok(()) => Verdict::Read,
        Err(_) => Verdict::Enough,
    };
    let [pack] = &opened.store.packs[..] else {
        panic!("not one pack");
    };
    let wanted = |number| table.kind(number) == kind;
    assert!(pack.traverse(table, wanted, 1, 1 << 20, visit));
    let trees = table.numbers().filter(|&number| table.kind(number) == kind);
    let trees: Vec<_> = trees.map(|number| (number, kind)).collect();
    let mut seen: Vec<_> = seen.into_iter().collect();
    seen.sort_unstable();
    assert_eq!(seen, trees);
    assert_eq!(trees.len(), 3);
}
