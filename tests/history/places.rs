//! Every place in which a repository can hide a token: found, and traced to where git says it
//! comes from.

use std::collections::BTreeMap;
use std::fs;

use patsweep::token::mint;

use crate::program::{Said, list, text};
use crate::repo::{Repo, noise};

/// A repository with a token in each of its places.
struct Hidden {
    repo: Repo,
    /// The tokens by where they were hidden, with all places in which they are to be found.
    expected: BTreeMap<&'static str, Expected>,
}

struct Expected {
    token: String,
    places: Vec<String>,
}

impl Hidden {
    /// A token of its own for a place.
    fn token(&mut self, label: &'static str) -> String {
        let token = mint::pat(1_000 + self.expected.len() as u64);
        let expected = Expected {
            token: token.clone(),
            places: Vec::new(),
        };
        assert!(self.expected.insert(label, expected).is_none(), "{label}");
        token
    }

    /// Expects the token of `label` at a place: `source path object commit reachable`.
    fn at(&mut self, label: &str, place: String) {
        self.expected.get_mut(label).unwrap().places.push(place);
    }

    /// Expects it in `blob` at `path`, brought by whom git names.
    fn in_blob(&mut self, label: &str, path: &str, blob: &str, reachable: &str) {
        let first = match self.repo.first(blob) {
            none if none.is_empty() => "-".to_owned(),
            first => first,
        };
        let place = format!("git-object {path} {blob} {first} {reachable}");
        self.at(label, place);
    }

    fn git(&self, args: &[&str]) -> String {
        self.repo.git(args)
    }

    fn new() -> Option<Self> {
        let mut hidden = Self {
            repo: Repo::new()?,
            expected: BTreeMap::new(),
        };
        hidden.in_a_delta();
        hidden.in_commits();
        hidden.in_a_merge();
        hidden.in_what_was_dropped();
        hidden.in_names_and_messages();
        hidden.in_wrapped_files();
        hidden.beside();
        hidden.in_packs();
        hidden.in_the_index();
        Some(hidden)
    }

    /// In the middle of a large file that git stores as a delta: the newest version, without the
    /// token, is what it is built on.
    fn in_a_delta(&mut self) {
        let token = self.token("middle of a large delta");
        let (start, end) = (noise(1, 3_000), noise(2, 4_000));
        let old = format!("{start}key = {token}\n{end}");
        self.repo.write("large.txt", &old).commit("large");
        let new = format!("{start}{end}{start}");
        self.repo.write("large.txt", new).commit("larger");
        self.git(&["repack", "-q", "-a", "-d", "-f"]);
        let blob = self.git(&["rev-parse", "HEAD~:large.txt"]);
        let index = self.repo.only("objects/pack", ".idx");
        let packed = self.git(&["verify-pack", "-v", index.to_str().unwrap()]);
        let line = packed.lines().find(|line| line.starts_with(&blob)).unwrap();
        assert_eq!(line.split_whitespace().count(), 7, "no delta: {line}");
        self.in_blob("middle of a large delta", "large.txt", &blob, "true");
    }

    fn in_commits(&mut self) {
        let ordinary = self.token("ordinary commit");
        let deleted = self.token("file deleted later");
        let filler = "a line that stays as it is\n".repeat(50);
        self.repo
            .write("conf/ordinary.env", format!("pat={ordinary}\n"))
            .write("deleted.env", format!("pat={deleted}\n"))
            .write("old/name.txt", &filler)
            .commit("ordinary");
        self.at(
            "ordinary commit",
            "file repo/conf/ordinary.env - - -".to_owned(),
        );
        let blob = self.git(&["rev-parse", "HEAD:conf/ordinary.env"]);
        self.in_blob("ordinary commit", "conf/ordinary.env", &blob, "true");
        let blob = self.git(&["rev-parse", "HEAD:deleted.env"]);
        self.repo.remove("deleted.env").commit("delete");
        self.in_blob("file deleted later", "deleted.env", &blob, "true");

        let edited = self.token("renamed-and-edited file");
        self.repo
            .remove("old/name.txt")
            .write("new/name.txt", format!("{filler}pat={edited}\n"))
            .commit("rename and edit");
        let blob = self.git(&["rev-parse", "HEAD:new/name.txt"]);
        self.at(
            "renamed-and-edited file",
            "file repo/new/name.txt - - -".to_owned(),
        );
        self.in_blob("renamed-and-edited file", "new/name.txt", &blob, "true");
    }

    /// In a file that no parent of the merge has.
    fn in_a_merge(&mut self) {
        let token = self.token("merge commit's own resolution");
        self.repo.write("both.txt", "base\n").commit("base");
        self.git(&["checkout", "-q", "-b", "side"]);
        self.repo.write("both.txt", "side\n").commit("side");
        self.git(&["checkout", "-q", "main"]);
        self.repo.write("both.txt", "main\n").commit("main");
        let merged = self.repo.try_git(&["merge", "-q", "side"], b"");
        assert!(!merged.status.success(), "there is a conflict");
        let merge = self
            .repo
            .write("both.txt", format!("{token}\n"))
            .commit("merge");
        let blob = self.git(&["rev-parse", "HEAD:both.txt"]);
        self.repo.write("both.txt", "clean\n").commit("clean");
        assert_eq!(self.repo.first(&blob), merge);
        self.in_blob("merge commit's own resolution", "both.txt", &blob, "true");
    }

    fn in_what_was_dropped(&mut self) {
        let amended = self.token("file amended away");
        self.repo.write("amended.env", &amended).commit("amend me");
        let blob = self.git(&["rev-parse", "HEAD:amended.env"]);
        self.repo.write("amended.env", "clean\n");
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--amend", "-m", "amended"]);
        self.in_blob("file amended away", "amended.env", &blob, "true");

        let stashed = self.token("stash");
        self.repo.write("amended.env", &stashed);
        self.git(&["stash", "push", "-q", "-m", "put aside"]);
        let blob = self.git(&["rev-parse", "stash:amended.env"]);
        self.in_blob("stash", "amended.env", &blob, "true");

        let branch = self.token("dropped branch");
        self.git(&["checkout", "-q", "-b", "dropped"]);
        self.repo
            .write("dropped.env", &branch)
            .commit("on a branch");
        let blob = self.git(&["rev-parse", "HEAD:dropped.env"]);
        self.git(&["checkout", "-q", "main"]);
        self.git(&["branch", "-q", "-D", "dropped"]);
        self.in_blob("dropped branch", "dropped.env", &blob, "true");

        let unreachable = self.token("unreachable commit");
        let blob = self.repo.blob(&unreachable);
        let line = format!("100644 blob {blob}\tunreachable.env\n");
        let tree = self.repo.git_on(&["mktree"], line.as_bytes());
        let commit = self.git(&["commit-tree", &tree, "-m", "unreachable"]);
        assert_eq!(self.repo.first(&blob), "", "git log does not reach it");
        self.at(
            "unreachable commit",
            format!("git-object unreachable.env {blob} {commit} false"),
        );

        let dangling = self.token("dangling blob");
        let blob = self.repo.blob(&dangling);
        self.at("dangling blob", format!("git-object - {blob} - false"));
    }

    fn in_names_and_messages(&mut self) {
        let message = self.token("commit message");
        let commit = self.repo.commit(&format!("subject\n\nuse {message}"));
        self.at(
            "commit message",
            format!("git-message - {commit} {commit} true"),
        );

        let note = self.token("note");
        self.git(&["notes", "add", "-m", &note, "HEAD"]);
        let blob = self.git(&["rev-parse", &format!("refs/notes/commits:{commit}")]);
        self.at("note", format!("git-note - {blob} {commit} true"));

        let tag = self.token("annotated tag's message");
        self.git(&["tag", "-a", "v1", "-m", &format!("release\n\n{tag}")]);
        let id = self.git(&["rev-parse", "v1"]);
        self.at(
            "annotated tag's message",
            format!("git-message - {id} - true"),
        );

        let name = self.token("file name");
        let path = format!("names/{name}.txt");
        let commit = self.repo.write(&path, "named\n").commit("name");
        let blob = self.git(&["rev-parse", &format!("HEAD:{path}")]);
        self.repo.remove(&path).commit("no name");
        self.at("file name", format!("git-name {path} {blob} {commit} true"));
    }

    fn in_wrapped_files(&mut self) {
        let wide = self.token("UTF-16 file");
        let text = format!("key = {wide}\r\n");
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.repo.write("wide.txt", bytes).commit("wide");
        let blob = self.git(&["rev-parse", "HEAD:wide.txt"]);
        self.repo.remove("wide.txt").commit("not wide");
        self.in_blob("UTF-16 file", "wide.txt", &blob, "true");

        let packed = self.token("archive");
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(
            Vec::new(),
            flate2::Compression::default(),
        ));
        let mut header = tar::Header::new_gnu();
        header.set_size(packed.len() as u64);
        archive
            .append_data(&mut header, "inner/.env", packed.as_bytes())
            .unwrap();
        let bytes = archive.into_inner().unwrap().finish().unwrap();
        self.repo.write("bundle.tar.gz", bytes).commit("bundle");
        let blob = self.git(&["rev-parse", "HEAD:bundle.tar.gz"]);
        self.repo.remove("bundle.tar.gz").commit("no bundle");
        let path = "bundle.tar.gz!/inner/.env";
        self.in_blob("archive", path, &blob, "true");
    }

    /// In what belongs to the repository and is not in its database.
    fn beside(&mut self) {
        let token = self.token("submodule's history");
        let upstream = self.repo.beside(&["init", "-q", "-b", "main"], "upstream");
        upstream.write("lib.env", &token).commit("library");
        let blob = upstream.git(&["rev-parse", "HEAD:lib.env"]);
        let commit = upstream.head();
        upstream.write("lib.env", "clean\n").commit("clean library");
        self.git(&[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            "../upstream",
            "lib",
        ]);
        self.repo.commit("submodule");
        fs::remove_dir_all(upstream.path()).unwrap();
        self.at(
            "submodule's history",
            format!("git-object lib.env {blob} {commit} true"),
        );

        let token = self.token("alternate");
        let pool = self.repo.beside(&["init", "-q", "-b", "main"], "pool");
        pool.write("pooled.env", &token).commit("pooled");
        let blob = pool.git(&["rev-parse", "HEAD:pooled.env"]);
        let objects = pool.git_folder().join("objects");
        self.repo.write(
            ".git/objects/info/alternates",
            format!("{}\n", objects.display()),
        );
        self.git(&["update-ref", "refs/heads/pooled", &pool.head()]);
        self.in_blob("alternate", "pooled.env", &blob, "true");

        let token = self.token("remote URL");
        let url = format!("https://build:{token}@dev.azure.com/contoso/app/_git/app");
        self.git(&["remote", "add", "origin", &url]);
        self.at("remote URL", "file repo/.git/config - - -".to_owned());
    }

    fn in_packs(&mut self) {
        let second = self.token("second pack");
        self.repo.write("second.env", &second).commit("second");
        let blob = self.git(&["rev-parse", "HEAD:second.env"]);
        self.repo.remove("second.env").commit("not second");
        self.git(&["repack", "-q", "-d", "-l"]);
        assert_eq!(self.repo.all("objects/pack", ".pack").len(), 2);
        assert!(!self.repo.loose(&blob).exists());
        self.in_blob("second pack", "second.env", &blob, "true");

        let loose = self.token("loose object");
        self.repo.write("loose.env", &loose).commit("loose");
        let blob = self.git(&["rev-parse", "HEAD:loose.env"]);
        self.repo.remove("loose.env").commit("not loose");
        assert!(self.repo.loose(&blob).exists());
        self.in_blob("loose object", "loose.env", &blob, "true");
    }

    fn in_the_index(&mut self) {
        let staged = self.token("index only");
        self.repo.write("staged.env", &staged);
        self.git(&["add", "staged.env"]);
        self.repo.remove("staged.env");
        let blob = self.git(&["rev-parse", ":staged.env"]);
        self.at("index only", format!("git-index staged.env {blob} - true"));
    }

    /// Where everything is, as a scan told it.
    fn told(&self, said: &Said) -> BTreeMap<&'static str, Vec<String>> {
        let expected = self.expected.iter();
        expected
            .map(|(&label, expected)| (label, said.places(&expected.token)))
            .collect()
    }
}

#[test]
fn every_hiding_place_is_found_where_git_says() {
    let Some(hidden) = Hidden::new() else { return };
    let said = hidden.repo.scan("");
    let expected: BTreeMap<_, _> = hidden
        .expected
        .iter()
        .map(|(&label, expected)| (label, expected.places.clone()))
        .collect();
    assert_eq!(hidden.told(&said), expected);
    let mut tokens: Vec<_> = hidden
        .expected
        .values()
        .map(|it| it.token.clone())
        .collect();
    tokens.sort();
    assert_eq!(said.tokens(), tokens);
    assert_eq!(said.problems(), [""; 0]);
    assert_eq!(said.code, 1);
    assert_eq!(said.report["targets"][0]["kind"], "repository");
    assert_eq!(said.report["targets"][0]["head"], hidden.repo.head());
    for finding in list(&said.report["findings"]) {
        let of_library = text(&finding["occurrences"][0]["repository"]) == "repo/lib";
        let organizations: &[&str] = if of_library { &[] } else { &["contoso"] };
        assert_eq!(list(&finding["organizations"]), organizations);
    }
}

#[test]
fn exposure_says_where_each_can_still_be_had() {
    let Some(hidden) = Hidden::new() else { return };
    let said = hidden.repo.scan("");
    let told = hidden.expected.iter().map(|(&label, expected)| {
        let exposure = &said.finding(&expected.token)["exposure"];
        let places = list(&exposure["present_at"]).iter().map(text);
        let places = places.collect::<Vec<_>>().join(",");
        let summary = |commit: &str| text(&exposure[commit]["summary"]);
        format!(
            "{label}: {} | {places} | {}",
            summary("first"),
            summary("removed_by")
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "UTF-16 file: wide |  | not wide",
            "alternate: pooled | refs/heads/pooled | ",
            "annotated tag's message:  |  | ",
            "archive: bundle |  | no bundle",
            "commit message:  |  | ",
            "dangling blob:  |  | ",
            "dropped branch: on a branch |  | ",
            "file amended away: amend me |  | ",
            "file deleted later: ordinary |  | delete",
            "file name:  |  | ",
            "index only:  | index | ",
            "loose object: loose |  | not loose",
            "merge commit's own resolution: merge |  | clean",
            "middle of a large delta: large |  | larger",
            "note: Notes added by 'git notes add' | refs/notes/commits | ",
            "ordinary commit: ordinary | work-tree,index,HEAD,refs/heads/main,refs/heads/side,refs/tags/v1 | ",
            "remote URL:  |  | ",
            "renamed-and-edited file: rename and edit | work-tree,index,HEAD,refs/heads/main,refs/heads/side,refs/tags/v1 | ",
            "second pack: second |  | not second",
            "stash: On main: put aside |  | ",
            "submodule's history: library |  | clean library",
            "unreachable commit: unreachable |  | ",
        ]
    );
}

#[test]
fn collecting_garbage_changes_nothing() {
    let Some(hidden) = Hidden::new() else { return };
    let before = hidden.repo.scan("");
    for folder in ["repo", "repo/lib"] {
        hidden.repo.at(folder).git(&[
            "-c",
            "gc.reflogExpire=never",
            "-c",
            "gc.reflogExpireUnreachable=never",
            "-c",
            "gc.pruneExpire=never",
            "gc",
            "--quiet",
        ]);
    }
    let after = hidden.repo.scan("");
    assert_eq!(after.report["findings"], before.report["findings"]);
    assert_eq!(after.report["problems"], before.report["problems"]);
    assert_eq!(
        after.report["coverage"]["objects"],
        before.report["coverage"]["objects"]
    );
}

#[test]
fn more_paths_than_are_told_are_a_problem() {
    let Some(repo) = Repo::new() else { return };
    let token = mint::pat(1);
    for at in 0..100 {
        repo.write(&format!("leaves/{at}.env"), &token);
    }
    repo.commit("one folder");
    // 101 folders of 100 files with one commit, without a work tree.
    let leaves = repo.git(&["rev-parse", "HEAD:leaves"]);
    let lines: Vec<_> = (0..101)
        .map(|at| format!("040000 tree {leaves}\t{at}"))
        .collect();
    let tree = repo.git_on(&["mktree"], (lines.join("\n") + "\n").as_bytes());
    let commit = repo.git(&["commit-tree", "-m", "many", &tree]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let said = repo.scan("--no-worktree --max-occurrences 5");
    assert_eq!(said.problems(), ["references repo"]);
    let message = text(&said.report["problems"][0]["message"]);
    assert!(message.contains("more than the 10000 paths"), "{message}");
    assert_eq!(said.finding(&token)["occurrence_count"], 10_000);
}
