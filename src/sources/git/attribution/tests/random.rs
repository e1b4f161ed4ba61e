//! Random histories against a naive reading of the definitions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;

const PATHS: [&str; 7] = ["a", "b", "d/a", "d/b", "d/e/a", "f/e/a", "f/b"];
const TEXTS: [&str; 5] = ["zero", "one", "two", "three", "four"];
/// The texts that are hits; the last never is.
const HITS: usize = 4;
const NAMES: [&str; 2] = ["a", "e"];

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    /// Less than `end`.
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }
}

/// A commit of a history that was made up.
#[derive(Default)]
struct Made {
    id: String,
    date: i64,
    parents: BTreeSet<usize>,
    /// Which text each path has.
    files: BTreeMap<&'static str, usize>,
}

fn make_up(random: &mut Random) -> Vec<Made> {
    let mut history: Vec<Made> = Vec::new();
    for at in 0..3 + random.below(12) {
        let parents: BTreeSet<_> = match (at, random.below(8)) {
            (0, _) | (_, 0) => BTreeSet::new(),
            (_, 1..5) => [at - 1].into(),
            (_, count) => (4..count).map(|_| random.below(at)).collect(),
        };
        let first = parents.first().map(|&parent| history[parent].files.clone());
        let mut files = first.unwrap_or_default();
        for _ in 0..random.below(4) {
            let path = PATHS[random.below(PATHS.len())];
            match random.below(TEXTS.len() + 3) {
                text if text < TEXTS.len() => files.insert(path, text),
                _ => files.remove(path),
            };
        }
        history.push(Made {
            date: [1_000, 1_001, 1_002, 1_003][random.below(4)],
            parents,
            files,
            ..Made::default()
        });
    }
    history
}

/// Writes a history with git; where it packs, as one pack.
fn write(repo: &Repo, history: &mut [Made], packs: &str) {
    let mut input = String::new();
    for (at, text) in TEXTS.iter().enumerate() {
        let _ = write!(
            input,
            "blob\nmark :{}\ndata {}\n{text}\n",
            at + 100,
            text.len()
        );
    }
    for (at, made) in history.iter().enumerate() {
        let _ = write!(
            input,
            "commit refs/x/{at}\nmark :{}\ncommitter C <c@d> {} +0000\ndata 1\nx\n",
            at + 1,
            made.date
        );
        for (place, parent) in made.parents.iter().enumerate() {
            let verb = if place == 0 { "from" } else { "merge" };
            let _ = writeln!(input, "{verb} :{}", parent + 1);
        }
        input.push_str("deleteall\n");
        for (path, text) in &made.files {
            let _ = writeln!(input, "M 100644 :{} {path}", text + 100);
        }
    }
    let args = [
        "-c",
        packs,
        "fast-import",
        "--quiet",
        "--export-marks=marks",
    ];
    repo.git_with(&args, input.as_bytes());
    let marks = fs::read_to_string(repo.path().join("marks")).unwrap();
    for line in marks.lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        let mark: usize = mark[1..].parse().unwrap();
        if let Some(made) = history.get_mut(mark - 1) {
            made.id = id.to_owned();
        }
    }
}

/// The definitions, word for word.
struct Naive<'n>(&'n [Made]);

impl Naive<'_> {
    /// A commit's ancestors, itself left out.
    fn ancestors(&self, commit: usize) -> BTreeSet<usize> {
        let parents = &self.0[commit].parents;
        let above = parents.iter().flat_map(|&parent| self.ancestors(parent));
        above.chain(parents.iter().copied()).collect()
    }

    fn introduced(&self, holds: &dyn Fn(&Made) -> bool) -> Option<usize> {
        let candidates: BTreeSet<_> = (0..self.0.len())
            .filter(|&at| {
                let parents = &self.0[at].parents;
                holds(&self.0[at]) && !parents.iter().any(|&parent| holds(&self.0[parent]))
            })
            .collect();
        candidates
            .iter()
            .copied()
            .filter(|&at| self.ancestors(at).is_disjoint(&candidates))
            .min_by_key(|&at| (self.0[at].date, &self.0[at].id))
    }

    fn generation(&self, at: usize) -> usize {
        let parents = self.0[at].parents.iter();
        parents
            .map(|&parent| self.generation(parent) + 1)
            .max()
            .unwrap_or(0)
    }

    fn removed(&self, head: usize, holds: &dyn Fn(&Made) -> bool) -> Option<usize> {
        if holds(&self.0[head]) {
            return None;
        }
        let mut history = self.ancestors(head);
        history.insert(head);
        history
            .into_iter()
            .filter(|&at| {
                let parents = &self.0[at].parents;
                !holds(&self.0[at]) && parents.iter().any(|&parent| holds(&self.0[parent]))
            })
            .max_by_key(|&at| {
                let made = &self.0[at];
                (made.date, self.generation(at), std::cmp::Reverse(&made.id))
            })
    }

    /// `tips` in the order of their worth: those of `Reach::Tip` have no label.
    fn reach(&self, tips: &[(String, usize)], holds: &dyn Fn(&Made) -> bool) -> String {
        let reaches = |&&(_, tip): &&(String, usize)| {
            holds(&self.0[tip]) || self.ancestors(tip).iter().any(|&at| holds(&self.0[at]))
        };
        let first = tips.iter().find(reaches);
        first.map_or("never".to_owned(), |(label, _)| label.clone())
    }
}

fn id(commit: Option<&Arc<Commit>>) -> Option<String> {
    commit.map(|commit| commit.id.to_string())
}

/// What is told of a blob or a name: who introduced it, how it is reached, where it stands.
type Told = (Option<String>, String, Vec<String>);

fn check(seed: u64) -> Option<()> {
    let mut random = Random(seed);
    let repo = Repo::new()?;
    let mut history = make_up(&mut random);
    let packs = ["fastimport.unpackLimit=1", "fastimport.unpackLimit=1000"];
    write(&repo, &mut history, packs[random.below(2)]);
    let tip = |random: &mut Random| random.below(history.len());
    let head = tip(&mut random);
    let named = [tip(&mut random), tip(&mut random)];
    let other = [tip(&mut random), tip(&mut random)];

    let mut opened = repo.open();
    let number = |at: usize| opened.number(&history[at].id);
    let tips = Tips {
        head: Some(number(head)),
        refs: vec![
            ("refs/heads/b".to_owned(), number(named[0])),
            ("refs/heads/a".to_owned(), number(named[1])),
        ],
        others: vec![
            ("stash@{0}".to_owned(), number(other[0])),
            ("HEAD@{1}".to_owned(), number(other[1])),
        ],
        ..Tips::default()
    };
    opened.tips = tips;
    let blobs = [0, 1, 2, 3].map(|text| opened.number(&repo.blob(TEXTS[text])));
    let hits = Hits {
        blobs: blobs.into_iter().collect(),
        names: NAMES.iter().map(|name| name.as_bytes().into()).collect(),
        tokens: vec![blobs[..1].to_vec(), blobs[1..3].to_vec(), blobs.to_vec()],
        ..Hits::default()
    };
    let traced = opened.attribute(&hits);

    let naive = Naive(&history);
    let mut worth: Vec<_> = [head, named[0], named[1]]
        .map(|at| ("tip".to_owned(), at))
        .into();
    worth.push(("stash@{0}".to_owned(), other[0]));
    worth.push(("HEAD@{1}".to_owned(), other[1]));
    let name = |at: Option<usize>| at.map(|at| history[at].id.clone());
    for text in 0..HITS {
        let holds = |made: &Made| made.files.values().any(|&known| known == text);
        let files = history.iter().flat_map(|made| &made.files);
        let paths: BTreeSet<_> = files
            .filter(|&(_, &known)| known == text)
            .map(|(path, _)| (*path).to_owned())
            .collect();
        let expected: Told = (
            name(naive.introduced(&holds)),
            naive.reach(&worth, &holds),
            paths.into_iter().collect(),
        );
        let traced = &traced.blobs[&blobs[text]];
        let places = traced.places.iter();
        let told: Told = (
            id(traced.introduced.as_ref()),
            reach(&traced.reach).to_owned(),
            places
                .map(|place| place.path.to_text().into_owned())
                .collect(),
        );
        assert_eq!(told, expected, "{} of seed {seed}", TEXTS[text]);
    }
    check_names(&repo, &naive, &worth, &traced, seed);
    for (token, texts) in [0..1, 1..3, 0..4].into_iter().enumerate() {
        let holds = |made: &Made| made.files.values().any(|text| texts.contains(text));
        let places = [
            ("HEAD", head),
            ("refs/heads/a", named[1]),
            ("refs/heads/b", named[0]),
        ];
        let present = places.iter().filter(|&&(_, at)| holds(&history[at]));
        let expected = (
            name(naive.introduced(&holds)),
            present.map(|(place, _)| (*place).to_owned()).collect(),
            name(naive.removed(head, &holds)),
        );
        let exposure = &traced.exposures[token];
        let told = (
            id(exposure.first.as_ref()),
            exposure.present_at.clone(),
            id(exposure.removed_by.as_ref()),
        );
        assert_eq!(told, expected, "token {token} of seed {seed}");
    }
    Some(())
}

fn check_names(
    repo: &Repo,
    naive: &Naive<'_>,
    worth: &[(String, usize)],
    traced: &Attribution,
    seed: u64,
) {
    for name in NAMES {
        let mut places: BTreeSet<&str> = BTreeSet::new();
        for path in naive.0.iter().flat_map(|made| made.files.keys()) {
            for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
                if path[..end].rsplit('/').next() == Some(name) {
                    places.insert(&path[..end]);
                }
            }
        }
        let told: Vec<_> = traced.names[name.as_bytes()]
            .iter()
            .filter(|traced| traced.introduced.is_some())
            .map(|traced| {
                (
                    traced.path.to_text().into_owned(),
                    id(traced.introduced.as_ref()),
                    traced.object.map(|object| object.to_string()),
                    reach(&traced.reach).to_owned(),
                )
            })
            .collect();
        let expected: Vec<_> = places
            .iter()
            .map(|&place| {
                let below = format!("{place}/");
                let holds = |made: &Made| {
                    let mut paths = made.files.keys();
                    paths.any(|path| *path == place || path.starts_with(&below))
                };
                let commit = naive.introduced(&holds).map(|at| naive.0[at].id.clone());
                let commit_id = commit.as_deref().unwrap_or_default();
                let object = repo.git(&["rev-parse", &format!("{commit_id}:{place}")]);
                let reach = naive.reach(worth, &holds);
                (place.to_owned(), commit, Some(object), reach)
            })
            .collect();
        assert_eq!(told, expected, "name {name} of seed {seed}");
    }
}

#[test]
fn attribution_follows_its_definition() {
    for seed in 0..40 {
        if check(seed).is_none() {
            return;
        }
    }
}
