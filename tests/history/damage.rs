//! Damaged databases: what is lost is what git cannot read either, and it is named.

use std::collections::BTreeSet;
use std::fs;

use patsweep::token::mint;

use crate::repo::{Repo, change, noise};

/// Files of a repository with a token each, half of them changed once.
const FILES: u64 = 24;

/// Commits of files with a token each, all in one pack.
fn packed() -> Option<Repo> {
    let repo = Repo::new()?;
    for at in 0..FILES {
        let filler = noise(at % 7, 200);
        let token = mint::pat(at);
        repo.write(&format!("f/{at}.txt"), format!("{filler}{token}\n{filler}"));
    }
    repo.commit("all");
    for at in 0..FILES {
        repo.write(
            &format!("f/{at}.txt"),
            format!("{at} is clean\n").repeat(40),
        );
    }
    repo.commit("clean");
    repo.git(&["repack", "-q", "-a", "-d"]);
    Some(repo)
}

/// The blobs with their tokens, by their number.
fn blobs(repo: &Repo) -> Vec<String> {
    let blob = |at| repo.git(&["rev-parse", &format!("HEAD~:f/{at}.txt")]);
    (0..FILES).map(blob).collect()
}

/// The objects that git cannot read.
fn unreadable(repo: &Repo, ids: &[String]) -> BTreeSet<String> {
    let is_read = |id: &String| {
        let kind = repo.try_git(&["cat-file", "-t", id], b"");
        let kind = String::from_utf8(kind.stdout).unwrap();
        let read = repo.try_git(&["cat-file", kind.trim(), id], b"");
        read.status.success()
    };
    ids.iter().filter(|id| !is_read(id)).cloned().collect()
}

/// The names of all objects.
fn ids(repo: &Repo) -> Vec<String> {
    let lines = repo.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname)",
    ]);
    lines.lines().map(str::to_owned).collect()
}

/// An entry of a pack: what `git verify-pack` tells.
struct Entry {
    id: String,
    kind: String,
    size: usize,
    offset: usize,
    base: Option<String>,
}

fn entries(repo: &Repo) -> Vec<Entry> {
    let index = repo.only("objects/pack", ".idx");
    let listed = repo.git(&["verify-pack", "-v", index.to_str().unwrap()]);
    let words = listed.lines().map(|line| line.split_whitespace());
    let entry = |mut words: std::str::SplitWhitespace<'_>| {
        let (id, kind) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut numbers = words.by_ref().skip(1).take(2).map(str::parse);
        let (size, offset) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let base = words.nth(1).map(str::to_owned);
        Some(Entry {
            id,
            kind,
            size,
            offset,
            base,
        })
    };
    words.filter_map(entry).collect()
}

#[test]
fn flipped_bytes_in_a_pack_lose_what_git_loses() {
    let Some(repo) = packed() else { return };
    let (ids, blobs, entries) = (ids(&repo), blobs(&repo), entries(&repo));
    let find = |wanted: &dyn Fn(&Entry) -> bool| entries.iter().find(|it| wanted(it)).unwrap();
    let bases: BTreeSet<_> = entries.iter().filter_map(|it| it.base.as_ref()).collect();
    let base = find(&|it| it.kind == "blob" && it.base.is_none() && bases.contains(&it.id));
    let delta = find(&|it| it.kind == "blob" && it.base.is_some());
    let commit = find(&|it| it.kind == "commit");
    let tree = find(&|it| it.kind == "tree");
    let pack = repo.only("objects/pack", ".pack");
    let whole = fs::read(&pack).unwrap();
    let places = [base, delta, commit, tree].map(|it| [it.offset, it.offset + it.size / 2]);
    for place in places.into_iter().flatten() {
        change(&pack, |bytes| {
            bytes.clone_from(&whole);
            let hurt = &mut bytes[place..place + 6];
            for byte in hurt {
                *byte ^= 0xFF;
            }
        });
        let lost = unreadable(&repo, &ids);
        assert!(!lost.is_empty());
        let said = repo.scan("--no-worktree");
        let expected: Vec<_> = lost.iter().map(|id| format!("corrupt repo@{id}")).collect();
        assert_eq!(said.problems(), expected, "{place}");
        let mut tokens: Vec<_> = (0..FILES)
            .filter(|&at| !lost.contains(&blobs[at as usize]))
            .map(mint::pat)
            .collect();
        tokens.sort();
        assert_eq!(said.tokens(), tokens, "{place}");
        assert_eq!(said.objects().values().sum::<u64>(), ids.len() as u64);
        assert_eq!(said.timeless(), repo.scan("--no-worktree -j 8").timeless());
    }
}

#[test]
fn a_truncated_loose_object_is_named() {
    let Some(repo) = Repo::new() else { return };
    let (whole, cut) = (mint::pat(1), mint::pat(2));
    let filler = noise(1, 4_000);
    repo.write("whole.env", &whole)
        .write("cut.env", format!("{filler}{cut}"))
        .commit("both");
    let blob = repo.git(&["rev-parse", "HEAD:cut.env"]);
    change(&repo.loose(&blob), |bytes| bytes.truncate(bytes.len() / 2));
    let empty = repo.blob("to be emptied\n");
    change(&repo.loose(&empty), Vec::clear);
    let said = repo.scan("--no-worktree");
    let mut expected = [&blob, &empty].map(|id| format!("corrupt repo@{id}"));
    expected.sort();
    assert_eq!(said.problems(), expected);
    assert_eq!(said.tokens(), [whole]);
    assert_eq!(said.skipped(), ["unknown corrupt 2"]);
}

#[test]
fn a_file_that_is_no_object_is_named() {
    let Some(repo) = Repo::new() else { return };
    let id = repo.blob("one\n");
    change(&repo.loose(&id), |bytes| {
        bytes.clear();
        bytes.extend_from_slice(b"no zlib at all");
    });
    let said = repo.scan("");
    assert_eq!(said.problems(), [format!("corrupt repo@{id}")]);
    assert_eq!(said.code, 3);
}

/// The object is lost and what stands in its place is read; the report says so.
#[test]
fn a_loose_object_that_is_another_is_named() {
    let Some(repo) = Repo::new() else { return };
    let (lost, other) = (mint::pat(1), mint::pat(2));
    repo.write("a.env", &lost).commit("a");
    let blob = repo.git(&["rev-parse", "HEAD:a.env"]);
    let stray = repo.loose(&repo.blob(&other));
    change(&repo.loose(&blob), |bytes| {
        *bytes = fs::read(&stray).unwrap();
    });
    fs::remove_file(stray).unwrap();
    let said = repo.scan("--no-worktree");
    assert_eq!(said.problems(), [format!("corrupt repo@{blob}")]);
    assert_eq!(said.tokens(), [other]);
    assert_eq!(said.skipped(), [""; 0]);
    assert_eq!(said.objects().values().sum::<u64>(), 3);
    assert_eq!(said.timeless(), repo.scan("--no-worktree -j 8").timeless());
}

/// What is found in one pack, after a change to the files beside it.
fn check_pack(change: impl FnOnce(&Repo)) {
    let Some(repo) = packed() else { return };
    let expected = repo.scan("--no-worktree");
    assert_eq!(expected.tokens().len() as u64, FILES);
    change(&repo);
    let said = repo.scan("--no-worktree");
    assert_eq!(said.report["findings"], expected.report["findings"]);
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.objects(), expected.objects());
    assert_eq!(said.code, 1);
}

#[test]
fn a_pack_without_an_index_is_read() {
    check_pack(|repo| fs::remove_file(repo.only("objects/pack", ".idx")).unwrap());
}

#[test]
fn a_damaged_index_is_made_anew() {
    check_pack(|repo| {
        change(&repo.only("objects/pack", ".idx"), |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xFF;
        });
    });
    check_pack(|repo| {
        change(&repo.only("objects/pack", ".idx"), |bytes| {
            bytes.truncate(bytes.len() - 40);
        });
    });
}

#[test]
fn the_index_of_another_pack_is_made_anew() {
    check_pack(|repo| {
        let other = repo.beside(&["init", "-q", "-b", "main"], "other");
        other.write("other.txt", "other\n").commit("other");
        other.git(&["repack", "-q", "-a", "-d"]);
        let index = other.only("objects/pack", ".idx");
        change(&repo.only("objects/pack", ".idx"), |bytes| {
            *bytes = fs::read(&index).unwrap();
        });
    });
}

#[test]
fn what_was_left_of_a_fetch_is_read() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("kept.txt", "kept\n").commit("kept");
    let other = repo.beside(&["init", "-q", "-b", "main"], "other");
    other.write("left.env", &token).commit("left");
    let blob = other.git(&["rev-parse", "HEAD:left.env"]);
    let commit = other.head();
    other.git(&["repack", "-q", "-a", "-d"]);
    let pack = other.only("objects/pack", ".pack");
    fs::create_dir_all(repo.git_folder().join("objects/pack")).unwrap();
    fs::copy(pack, repo.git_folder().join("objects/pack/tmp_pack_Ab12Cd")).unwrap();
    let said = repo.scan("");
    let expected = format!("git-object left.env {blob} {commit} false");
    assert_eq!(said.places(&token), [expected]);
    assert_eq!(said.problems(), [""; 0]);
}

/// Git writes an object before it gives it its name.
#[test]
fn objects_without_a_name_are_read() {
    let Some(repo) = Repo::new() else { return };
    repo.write("kept.txt", "kept\n").commit("kept");
    let mut tokens = [mint::pat(1), mint::pat(2)];
    tokens.sort();
    for (token, left) in tokens.iter().zip(["tmp_obj_Ab12Cd", "ab/tmp_obj_Ef34Gh"]) {
        let path = repo.git_folder().join("objects").join(left);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::rename(repo.loose(&repo.blob(token)), path).unwrap();
    }
    repo.write(".git/objects/ab/tmp_obj_empty", "");
    let said = repo.scan("--no-worktree");
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.tokens(), tokens);
    repo.write(".git/objects/ab/tmp_obj_cut", "x");
    let said = repo.scan("--no-worktree");
    assert_eq!(
        said.problems(),
        ["corrupt repo/.git/objects/ab/tmp_obj_cut"]
    );
    assert_eq!(said.tokens(), tokens);
}

/// A fetch that was cut off leaves the start of a pack.
#[test]
fn what_is_there_of_a_cut_pack_is_read() {
    let Some(repo) = packed() else { return };
    let whole = repo.scan("--no-worktree").tokens();
    let pack = repo.only("objects/pack", ".pack");
    let left = repo.git_folder().join("objects/pack/tmp_pack_cut");
    let bytes = fs::read(&pack).unwrap();
    fs::write(&left, &bytes[..bytes.len() * 9 / 10]).unwrap();
    fs::remove_file(repo.only("objects/pack", ".idx")).unwrap();
    fs::remove_file(&pack).unwrap();
    let said = repo.scan("--no-worktree");
    let found = said.tokens();
    assert!(!found.is_empty(), "{:?}", said.problems());
    assert!(found.len() < whole.len());
    let kinds: Vec<_> = said.problems();
    assert!(
        kinds
            .iter()
            .any(|it| it.ends_with(" repo/.git/objects/pack/tmp_pack_cut")),
        "{kinds:?}"
    );
}

#[test]
fn a_pack_that_is_none_is_named() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("a");
    repo.write(".git/objects/pack/pack-1.pack", "not a pack")
        .write(".git/objects/pack/tmp_pack_empty", "");
    let said = repo.scan("--no-worktree");
    assert_eq!(
        said.problems(),
        [
            "corrupt repo/.git/objects/pack/pack-1.pack",
            "corrupt repo/.git/objects/pack/tmp_pack_empty"
        ]
    );
    assert_eq!(said.tokens(), [token]);
}

#[test]
fn an_alternate_that_is_gone_is_named() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    repo.write("a.env", &token).commit("a");
    let gone = repo.root().join("gone/objects");
    repo.write(
        ".git/objects/info/alternates",
        format!("{}\n", gone.display()),
    );
    let said = repo.scan("--no-worktree");
    assert_eq!(said.problems(), [format!("unreadable {}", gone.display())]);
    assert_eq!(said.tokens(), [token]);
}

/// Alternates that name each other end somewhere.
#[test]
fn alternates_in_a_circle_are_read_once() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a.txt", "a\n").commit("a");
    let other = repo.beside(&["init", "-q", "-b", "main"], "other");
    let token = mint::pat(1);
    other.write("b.env", &token).commit("b");
    let objects = |repo: &Repo| format!("{}/objects\n", repo.git_folder().display());
    repo.write(".git/objects/info/alternates", objects(&other));
    other.write(".git/objects/info/alternates", objects(&repo));
    let said = repo.scan("");
    assert_eq!(said.paths(&token), ["git-object b.env"]);
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.objects().values().sum::<u64>(), 6);
}

#[test]
fn an_alternate_in_quotes_is_read() {
    let Some(repo) = Repo::new() else { return };
    let other = repo.beside(&["init", "-q", "-b", "main"], "an \"ödd\" one");
    let token = mint::pat(1);
    other.write("b.env", &token).commit("b");
    let objects = format!("{}/objects", other.git_folder().display());
    let objects = objects.replace('"', "\\\"").replace('ö', "\\303\\266");
    repo.write(".git/objects/info/alternates", format!("\"{objects}\"\n"));
    let said = repo.scan("");
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.tokens(), [token]);
}

/// Git keeps what is pushed apart until it is accepted, and leaves it there when it is stopped.
#[test]
fn what_was_left_of_a_push_is_read() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a.txt", "a\n").commit("a");
    let other = repo.beside(&["init", "-q", "-b", "main"], "other");
    let tokens = [mint::pat(1), mint::pat(2)];
    other.write("b.env", &tokens[0]).commit("b");
    other.git(&["repack", "-q", "-a", "-d"]);
    other.write("c.env", &tokens[1]).commit("c");
    let kept = repo.path().join(".git/objects/tmp_objdir-incoming-AbCdEf");
    fs::rename(other.path().join(".git/objects"), kept).unwrap();
    let said = repo.scan("--no-worktree");
    assert_eq!(said.problems(), [""; 0]);
    let mut found = said.tokens();
    found.sort();
    assert_eq!(found, {
        let mut tokens = tokens.to_vec();
        tokens.sort();
        tokens
    });
}

#[test]
fn what_a_whole_history_names_must_be_there() {
    let Some(repo) = Repo::new() else { return };
    repo.commit("empty");
    // Git knows the empty tree without having stored it.
    let empty = repo.loose(&repo.git(&["rev-parse", "HEAD^{tree}"]));
    fs::remove_file(empty).unwrap();
    repo.write("f/a.txt", "old\n").commit("old");
    repo.write("f/a.txt", "new\n").commit("new");
    assert_eq!(repo.scan("").code, 0);
    for revision in ["HEAD~:f/a.txt", "HEAD~:f", "HEAD~^{tree}", "HEAD~"] {
        let id = repo.git(&["rev-parse", revision]);
        let kept = fs::read(repo.loose(&id)).unwrap();
        fs::remove_file(repo.loose(&id)).unwrap();
        let said = repo.scan("");
        assert_eq!(said.problems(), ["vanished repo/.git"], "{revision}");
        let message = said.report["problems"][0]["message"].as_str().unwrap();
        assert!(message.contains(&id), "{message}");
        assert_eq!(said.code, 3, "{revision}");
        fs::write(repo.loose(&id), kept).unwrap();
    }
}

#[test]
fn what_only_leftovers_name_may_be_gone() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a.txt", "old\n").commit("old");
    repo.write("a.txt", "new\n").commit("new");
    let blob = repo.git(&["rev-parse", "HEAD:a.txt"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~"]);
    fs::remove_file(repo.loose(&blob)).unwrap();
    // `ORIG_HEAD` is none of the references that git keeps objects for.
    assert_eq!(repo.scan("").code, 3);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let said = repo.scan("");
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.code, 0);
}
