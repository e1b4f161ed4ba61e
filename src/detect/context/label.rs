//! What labels a value: one of the variables that are known to hold a token, or another service's.

use std::ops::Range;

use super::Verdict;
use super::mention::{identifier, plain};
use super::text::Text;

/// The names, without `_` and `-`. They are those of Microsoft's own tools and of those built on
/// them; `docs/formats.md` lists them as they are written.
const NAMES: [&str; 13] = [
    "azuredevopsextpat",
    "azuredevopspat",
    "azdopersonalaccesstoken",
    "adopat",
    "vstspat",
    "vssnugetaccesstoken",
    "feedaccesstoken",
    "azptoken",
    "vstsagentinputtoken",
    "azurerepostoken",
    "vscepat",
    "systemaccesstoken",
    "personalaccesstoken",
];

/// Other services whose names are found in those of their tokens.
const SERVICES: [&str; 6] = [
    "artifactory",
    "bitbucket",
    "github",
    "gitlab",
    "ghtoken",
    "sonar",
];

/// Words that may stand between a name and its value.
const FILLERS: [&str; 9] = [
    "basic", "bearer", "default", "key", "name", "string", "text", "value", "x",
];

/// How far before its value a name may stand.
const REACH: usize = 256;

/// Whether one of [`NAMES`] assigns or labels the value `span` of `layer`: on its line before it,
/// or in the two lines `name: …` and `value: …`.
pub(crate) fn is_pat_context(layer: &[u8], span: Range<usize>) -> bool {
    let start = span.start.saturating_sub(REACH);
    let text = Text::unread(
        &layer[start..span.end],
        span.start - start..span.end - start,
    );
    own(&text).is_some_and(|label| is_name(&label))
}

/// What stands under the name of another service is not the entry of an organisation, whatever
/// stands beside it.
pub(super) fn of_another_service(text: &Text<'_>) -> Option<Verdict> {
    let label = own(text)?;
    let is_other = SERVICES.iter().any(|service| label.contains(service));
    is_other.then_some(Verdict::Ambiguous)
}

/// What labels the token: on its line before it, else on the line above.
fn own(text: &Text<'_>) -> Option<String> {
    let line = text.line(text.token.start);
    label(text, line.start..text.token.start).or_else(|| label(text, text.line_before(&line)?))
}

/// The last identifier in `scope` that is not one of [`FILLERS`], without `_` and `-`.
fn label(text: &Text<'_>, scope: Range<usize>) -> Option<String> {
    let mut end = scope.end;
    while end > scope.start {
        let last = end - 1;
        if !text.low[last].is_ascii_alphanumeric() {
            end = last;
            continue;
        }
        let word = identifier(&text.low[..end], last);
        let plain = plain(&text.low[word.clone()]);
        if !FILLERS.contains(&plain.as_str()) {
            return Some(plain);
        }
        end = word.start.max(scope.start);
    }
    None
}

/// Whether `label` is a known name, perhaps with something before it: `TF_VAR_…`.
fn is_name(label: &str) -> bool {
    NAMES.iter().any(|name| label.ends_with(name))
}
