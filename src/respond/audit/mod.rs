//! Judges what an administrator sees of an organisation. Pure: nothing is asked here.
//!
//! ```text
//! Facts ─▶ policies: what they allow
//!      ├─▶ marks: what stands out about a token
//!      ├─▶ candidates: which tokens a program uses
//!      ├─▶ log: what was made against the policies, and what was used when
//!      └──────────────────────────────────────────────▶ Judged ─▶ rules: what is not accepted
//! ```

mod candidates;
mod log;
mod marks;
mod policies;
mod rules;

use crate::model::Timestamp;
use crate::providers::azure_devops::ListedPat;
use crate::respond::survey::{Facts, Person};

pub use candidates::Clue;
pub use log::{Breach, Creation};
pub use marks::{DAY, GLOBAL_END, Limits, Mark};
pub use policies::{Policy, PolicyName, State};
pub use rules::{Rule, Rules, Violation, untold, violations};

/// A token that works, as far as the list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'f> {
    /// Whose it is.
    pub owner: &'f Person,
    /// Itself.
    pub pat: &'f ListedPat,
    /// What stands out about it, the worst first.
    pub marks: Vec<Mark>,
    /// How many whole days it lives.
    pub lifetime_days: Option<i64>,
    /// How many whole days are left.
    pub days_left: Option<i64>,
    /// Whether it stops working before it expires, as all global ones do.
    pub ends_as_global: bool,
    /// When the log last shows it at work.
    pub last_used: Option<Timestamp>,
    /// What tells that a program uses it.
    pub clues: Vec<Clue>,
}

/// Somebody with tokens that work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder<'f> {
    /// Who.
    pub person: &'f Person,
    /// How many.
    pub tokens: u64,
    /// The scope of all of them with which most can be done.
    pub broadest: Option<&'f str>,
    /// How many of them have which mark, in the order of [`Mark::ALL`].
    pub marks: [u64; Mark::ALL.len()],
}

/// What is to be told of an organisation.
#[derive(Clone, Debug)]
pub struct Judged<'f> {
    /// The policies as they stand.
    pub policies: Vec<Policy>,
    /// All tokens that work, those that stand out most first.
    pub tokens: Vec<Token<'f>>,
    /// How many more are listed that were revoked or have expired.
    pub ended: u64,
    /// Everybody with tokens, whoever has most that stand out first.
    pub holders: Vec<Holder<'f>>,
    /// The tokens that were made while the log was kept, the oldest first.
    pub creations: Vec<Creation<'f>>,
}

/// Judges `facts` as of `now`.
pub fn judge<'f>(facts: &'f Facts, limits: &Limits, now: Timestamp) -> Judged<'f> {
    let policies = policies::read(&facts.policies);
    let uses = log::last_uses(facts);
    let (mut tokens, mut holders, mut ended) = (Vec::new(), Vec::new(), 0);
    for owner in &facts.people {
        let live = |pat: &&ListedPat| marks::is_live(pat, now);
        let own = owner.pats.iter().filter(live).map(|pat| {
            let last_used = uses.get(&*pat.record.authorization_id);
            token((owner, pat), last_used.copied(), limits, now)
        });
        let own: Vec<Token<'f>> = own.collect();
        ended += (owner.pats.len() - own.len()) as u64;
        holders.extend(holder(owner, &own));
        tokens.extend(own);
    }
    tokens.sort_by(|a, b| order(a).cmp(&order(b)));
    // People come by account, and stay so where nothing else tells.
    holders.sort_by_key(|holder| {
        let marked: u64 = holder.marks.iter().sum();
        std::cmp::Reverse((marked, holder.tokens))
    });
    Judged {
        creations: log::creations(facts, &policies),
        policies,
        tokens,
        ended,
        holders,
    }
}

fn token<'f>(
    (owner, pat): (&'f Person, &'f ListedPat),
    last_used: Option<Timestamp>,
    limits: &Limits,
    now: Timestamp,
) -> Token<'f> {
    let record = &pat.record;
    let ends_later = record.valid_to.is_none_or(|end| end > GLOBAL_END);
    let days_left = |end: Timestamp| end.0.saturating_sub(now.0).div_euclid(DAY);
    Token {
        owner,
        pat,
        marks: marks::marks(record, owner.is_active, limits, now),
        lifetime_days: marks::lifetime_days(record),
        days_left: record.valid_to.map(days_left),
        ends_as_global: record.is_global == Some(true) && ends_later,
        last_used,
        clues: candidates::clues(record),
    }
}

fn order<'t>(token: &'t Token<'_>) -> (bool, &'t [Mark], Option<&'t String>, &'t str) {
    let record = &token.pat.record;
    let (name, id) = (record.name.as_ref(), &*record.authorization_id);
    (token.marks.is_empty(), &token.marks, name, id)
}

/// What there is to say of somebody with the tokens `own`.
fn holder<'f>(person: &'f Person, own: &[Token<'f>]) -> Option<Holder<'f>> {
    let scopes = own.iter().flat_map(|token| &token.pat.record.scopes);
    let number = |mark| own.iter().filter(|it| it.marks.contains(&mark)).count() as u64;
    (!own.is_empty()).then(|| Holder {
        person,
        tokens: own.len() as u64,
        broadest: marks::broadest(scopes),
        marks: Mark::ALL.map(number),
    })
}
