//! Objects of repositories that are read again.

use std::fs;
use std::path::Path;

use git2::{Repository, Signature};
use patsweep::handoff::report::Recorded;
use patsweep::model::{BytePath, Evidence, ObjectId, SourceKind};
use patsweep::token::mint;

use crate::source::{assert_found, file, organizations, says, tar, why};
use crate::world::{World, again, id};

fn object(repository: &str, object: git2::Oid) -> Recorded {
    Recorded {
        source: SourceKind::GitObject,
        repository: Some(BytePath::from(repository)),
        object: ObjectId::from_bytes(object.as_bytes()),
        ..file("x")
    }
}

/// Commits everything in the work tree.
pub(crate) fn commit(repository: &Repository, message: &str) -> git2::Oid {
    let mut index = repository.index().unwrap();
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .unwrap();
    index.update_all(["*"], None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let by = Signature::new("Ann", "ann@example.org", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let parent = repository
        .head()
        .ok()
        .map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<_> = parent.iter().collect();
    repository
        .commit(Some("HEAD"), &by, &by, message, &tree, &parents)
        .unwrap()
}

#[test]
fn what_stands_in_history_is_read_again() {
    let world = World::new();
    let tokens: Vec<_> = (1..=7).map(mint::pat).collect();
    let [removed, packed, told, tagged, staged, noted, name] = tokens.as_slice() else {
        unreachable!("there are seven");
    };
    let repository = Repository::init(world.tree()).unwrap();
    let remote = "https://dev.azure.com/fabrikam/p/_git/r";
    repository.remote("origin", remote).unwrap();
    world.write(
        "conf/.env",
        format!("https://x:{removed}@dev.azure.com/contoso/_git/r\n"),
    );
    world.write(
        "d.tar",
        tar(&[("i.tar", &tar(&[("m", packed.as_bytes())]))]),
    );
    world.write(&format!("names/{name}/x"), "x");
    commit(&repository, &format!("add\n\n{told}\n"));
    fs::remove_dir_all(world.tree().join("conf")).unwrap();
    fs::remove_dir_all(world.tree().join("names")).unwrap();
    fs::remove_file(world.tree().join("d.tar")).unwrap();
    let last = commit(&repository, "remove");
    let by = Signature::new("Ann", "ann@example.org", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let last = repository.find_object(last, None).unwrap();
    repository.tag("v1", &last, &by, tagged, false).unwrap();
    repository
        .note(&by, &by, None, last.id(), noted, false)
        .unwrap();
    world.write("new", staged);
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("new")).unwrap();
    index.write().unwrap();
    fs::remove_file(world.tree().join("new")).unwrap();
    let all: Vec<_> = tokens.iter().map(String::as_str).collect();
    for (folder, targets, root) in [
        (world.tree(), &[][..], world.tree()),
        (world.path().to_path_buf(), &["tree"], world.tree()),
        (world.path().to_path_buf(), &[], world.path().to_path_buf()),
        (world.path().to_path_buf(), &["tree/.git"], world.tree()),
    ] {
        let report = world.scan_of(&folder, targets);
        let again = again(&root, &report);
        assert_found(&again, &all);
        let fabrikam = ("fabrikam".to_owned(), Evidence::Remote);
        let contoso = ("contoso".to_owned(), Evidence::Entry);
        assert_eq!(organizations(&again, removed), [contoso, fabrikam.clone()]);
        assert_eq!(organizations(&again, told), [fabrikam]);
        let told = report.findings.iter().find(|it| it.id == id(told)).unwrap();
        let commit = told.occurrences[0].commit.as_ref().unwrap();
        assert_eq!(commit.email, "ann@example.org");
    }
    // Where there is no repository any more, there is nothing.
    let report = world.scan();
    fs::remove_dir_all(world.tree().join(".git")).unwrap();
    let again = world.again(&report);
    assert_found(&again, &[]);
    assert!(why(&again, removed).ends_with(" again: its repository is not there"));
}

#[test]
fn objects_are_what_they_are() {
    let world = World::new();
    let (token, other) = (mint::pat(1), mint::pat(2));
    let repository = Repository::init(world.tree().join("sub/repo")).unwrap();
    let blob = repository.blob(token.as_bytes()).unwrap();
    let wrong = repository.blob(other.as_bytes()).unwrap();
    let none = git2::Oid::from_bytes(&[7; 20]).unwrap();
    assert_found(
        &world.again(&says(&token, vec![object("sub/repo", blob)])),
        &[&token],
    );
    assert_found(
        &world.again(&says(
            &token,
            vec![object("sub/repo", none), object("sub/repo", blob)],
        )),
        &[&token],
    );
    let refused = |place: Recorded, expected: String| {
        assert_eq!(
            why(&world.again(&says(&token, vec![place])), &token),
            expected
        );
    };
    refused(
        object("sub/repo", wrong),
        format!("the object {wrong} does not hold the token any more"),
    );
    let again = |why: &str| format!("cannot read the object {blob} again: {why}");
    refused(
        object("sub/repo", none),
        format!("cannot read the object {none} again: it is not there any more"),
    );
    refused(
        Recorded {
            object: ObjectId::from_bytes(&[7; 32]),
            ..object("sub/repo", none)
        },
        format!(
            "cannot read the object {} again: it is not there any more",
            "07".repeat(32)
        ),
    );
    let nowhere = again("its repository is not there");
    let outside = world.path().join("outside");
    Repository::init(&outside)
        .unwrap()
        .blob(token.as_bytes())
        .unwrap();
    for folder in [
        "..",
        "../outside",
        "/",
        outside.to_str().unwrap(),
        "sub",
        "sub/../../outside",
        ".",
    ] {
        refused(object(folder, blob), nowhere.clone());
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, world.tree().join("link")).unwrap();
        refused(object("link", blob), nowhere);
    }
    // A damaged object is no other.
    let hex = blob.to_string();
    let loose = repository
        .path()
        .join("objects")
        .join(&hex[..2])
        .join(&hex[2..]);
    fs::remove_file(&loose).unwrap();
    fs::write(&loose, "damaged").unwrap();
    let said = world.again(&says(&token, vec![object("sub/repo", blob)]));
    assert!(why(&said, &token).starts_with(&format!(
        "cannot read the object {blob} again: cannot read it: "
    )));
}
