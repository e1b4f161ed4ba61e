//! Which lines of a text hold marks that pass tokens over, for whoever trusts only those.

use std::collections::BTreeSet;

use crate::detect::Detector;
use crate::rules::RuleSet;
use crate::token::Salt;

/// The lines of `bytes` on which a token is marked to be passed over, as
/// [`InlineIgnores::Known`](crate::triage::InlineIgnores::Known) takes them.
///
/// A gate that trusts a target branch gives this the files as they stand there: then a mark that
/// a change brings counts only if its line, with the token and the mark, stood there already.
pub fn ignored_lines(bytes: &[u8], rules: &RuleSet, salt: Salt) -> BTreeSet<[u8; 32]> {
    let mut lines = BTreeSet::new();
    Detector::new(rules, salt).whole(bytes, &mut |candidate| {
        lines.extend(candidate.ignored.map(|mark| mark.lines));
    });
    lines
}
