//! The messages of commits.

use patsweep::token::{c3id, mint};

use crate::repo::Repo;

fn hooked() -> Repo {
    let repo = Repo::begun();
    repo.patsweep("hook install");
    repo
}

#[test]
fn a_message_is_blocked_with_words_of_its_own() {
    let repo = hooked();
    let token = mint::legacy_pat(1);
    let id = c3id(token.as_bytes());
    let shown = format!("{}…{}", &token[..4], &token[token.len() - 4..]);
    let message = format!("fix\n\nit was PAT={token}\n");
    let said = repo.try_git(&["commit", "-q", "--allow-empty", "-m", &message]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(
        said.stderr,
        format!(
            "patsweep: this commit is blocked: its message would leak 1 token\n  \
               line 3 of the message: Azure DevOps personal access token (52 characters) {shown}, \
             proven: its checksum is right\n\
             Take it out of the message, then revoke it: who saw it can use it.\n\
             If it may stay, because it is revoked or opens nothing, write down why:\n  \
               patsweep baseline add --id {id} --reason 'WHY' .git/COMMIT_EDITMSG && git add \
             :/.patsweep-baseline.json\n\
             CI will not count that entry until it is merged.\n"
        )
    );
    let target = ".git/COMMIT_EDITMSG";
    let added = repo.patsweep(&format!("baseline add --id {id} --reason gone {target}"));
    assert_eq!(added.code, 0, "{added:?}");
}

#[test]
fn comments_count_and_what_a_verbose_commit_takes_out_does_not() {
    let repo = Repo::begun();
    let scissors = "# ------------------------ >8 ------------------------";
    let change = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@";
    let token = mint::pat(1);
    repo.write("f", format!("{token}\n"));
    repo.git(&["add", "f"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.git(&["rm", "-q", "f"]);
    let code = |text: String| {
        repo.write("message", text);
        repo.patsweep("hook run commit-msg message").code
    };
    assert_eq!(code(format!("m\n# {token}\n")), 1);
    assert_eq!(code(format!("m\n{scissors}\n# {token}\n")), 1);
    assert_eq!(code(format!("m\n{scissors}\n{change}\n-{token}\n")), 0);
    // Whether git takes that off is not known, and no file has this one.
    let other = mint::pat(2);
    assert_eq!(code(format!("m\n{scissors}\n{change}\n-{other}\n")), 1);
    assert_eq!(code(format!("m\n{scissors}\n{change}\n+{other}\n")), 1);
    assert_eq!(
        code(format!("{token}\n{scissors}\n{change}\n-{token}\n")),
        1
    );
    assert_eq!(code("m\n".to_owned()), 0);
}

#[test]
fn a_token_can_be_taken_out_verbosely() {
    let repo = Repo::begun();
    repo.write("a", format!("{}\n", mint::pat(1)));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.patsweep("hook install");
    repo.write("a", "gone\n");
    let commit = ["commit", "-q", "-a", "--verbose"];
    let editor = [("GIT_EDITOR", "sed -i 1s/^/gone/")];
    let said = repo.run_in(&repo.path(), "git", &commit, &editor, b"");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}

/// Another hook lets in what is staged, or not.
#[test]
fn what_is_staged_is_not_in_the_message() {
    let repo = Repo::begun();
    let inside = mint::pat(1);
    repo.write("testdata/a", format!("{inside}\n"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "leak"]);
    repo.write("patsweep.toml", "[scan]\nexclude = [\"testdata/**\"]\n");
    repo.write("testdata/a", format!("{inside}\n{}\n", mint::pat(3)));
    repo.git(&["add", "-A"]);
    repo.patsweep("hook install");
    let commit = ["commit", "-q", "--verbose"];
    let editor = [("GIT_EDITOR", "sed -i 1s/^/gone/")];
    let said = repo.run_in(&repo.path(), "git", &commit, &editor, b"");
    assert_eq!(said.code, 0, "{said:?}");
    // The same again, as a change of the commit before.
    let amend = ["commit", "-q", "--verbose", "--amend"];
    let said = repo.run_in(&repo.path(), "git", &amend, &editor, b"");
    assert_eq!(said.code, 0, "{said:?}");
}

/// What looks like a change, and is none, stays in the message without `--verbose`.
#[test]
fn a_change_that_somebody_made_up_counts() {
    let repo = hooked();
    let scissors = "# ------------------------ >8 ------------------------";
    let change = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@";
    let text = format!("m\n\n{scissors}\n# x\n{change}\n-{}\n+gone\n", mint::pat(1));
    let text = repo.write("../text", &text).display().to_string();
    let editor = format!("cp '{text}'");
    for more in [&[][..], &["--no-status"]] {
        let args = [&["commit", "-q", "--allow-empty"], more].concat();
        let said = repo.run_in(&repo.path(), "git", &args, &[("GIT_EDITOR", &editor)], b"");
        said.assert_leak();
    }
}

#[test]
fn a_change_in_the_message_that_git_keeps_counts() {
    let repo = hooked();
    let scissors = "# ------------------------ >8 ------------------------";
    let change = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@";
    let text = format!("m\n\n{scissors}\n{change}\n-{}\n+gone\n", mint::pat(1));
    repo.write("../text", &text);
    let commit = |more: &[&str]| {
        let args = [&["commit", "-q", "--allow-empty"], more].concat();
        repo.try_git(&args)
    };
    commit(&["-F", "../text"]).assert_leak();
    commit(&["-m", &text]).assert_leak();
    commit(&["-m", &text, "--cleanup=verbatim"]).assert_leak();
    // Somebody who looked at it kept it, below what git keeps.
    commit(&["-e", "-F", "../text"]).assert_leak();
}

#[test]
fn a_message_that_is_not_there_is_no_clean_one() {
    let repo = Repo::begun();
    assert_eq!(repo.patsweep("hook run commit-msg nothing").code, 2);
    assert_eq!(repo.patsweep("hook run commit-msg").code, 2);
}
