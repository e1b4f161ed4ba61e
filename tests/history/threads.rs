//! Reports are the same on one thread and on many.

use patsweep::token::mint;

use crate::program::list;
use crate::repo::{Repo, change};

/// Findings in each pack.
const TOKENS: u64 = 200;

#[test]
fn one_thread_and_eight_report_the_same() {
    let Some(repo) = Repo::new() else { return };
    for pack in 0..3 {
        for at in 0..TOKENS {
            let token = mint::pat(pack * TOKENS + at);
            let text = format!("{}pat={token}\n", "filler\n".repeat(at as usize % 7));
            repo.write(&format!("{}/{at}.env", at % 9), text);
        }
        repo.commit(&format!("pack {pack}"));
        repo.git(&["repack", "-q", "-d"]);
    }
    let packs = repo.all("objects/pack", ".pack");
    assert_eq!(packs.len(), 3);
    change(&packs[1], |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 6]
            .iter_mut()
            .for_each(|it| *it ^= 0xFF);
    });
    let one = repo.scan("-j 1");
    let eight = repo.scan("-j 8");
    assert_eq!(one.timeless(), eight.timeless());
    assert!(list(&one.report["findings"]).len() >= 500);
    assert!(!one.problems().is_empty(), "the damage was not met");
}

#[test]
fn one_thread_and_eight_report_the_same_of_a_part() {
    let Some(repo) = Repo::new() else { return };
    for at in 0..TOKENS {
        let text = format!(
            "{}pat={}\n",
            "filler\n".repeat(at as usize % 7),
            mint::pat(at)
        );
        repo.write(&format!("{}/{at}.env", at % 9), text);
    }
    repo.git(&["add", "-A"]);
    let staged = ["-j 1", "-j 8"].map(|jobs| repo.scan(&format!("--staged {jobs}")));
    repo.commit("all");
    // One of them is damaged.
    let blob = repo.git(&["rev-parse", "HEAD:5/50.env"]);
    change(&repo.loose(&blob), |bytes| bytes.truncate(20));
    let range = ["-j 1", "-j 8"].map(|jobs| repo.scan(&format!("--range HEAD {jobs}")));
    for ([one, eight], found) in [(staged, TOKENS), (range, TOKENS - 1)] {
        assert_eq!(one.timeless(), eight.timeless());
        assert_eq!(list(&one.report["findings"]).len() as u64, found);
    }
}
