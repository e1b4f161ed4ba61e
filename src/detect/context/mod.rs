//! Organisation clues: which organisation the text around a token names, and how surely.
//!
//! A token is later sent to the organisations named here, so what is not certain is not called an
//! entry. Rules are asked in order, from the token's own URL outwards to the section it stands in;
//! the first one that has something to say decides. A scope that names several organisations is
//! ambiguous and ends the search. Only then is taken what stands nearby, and it is called so.
//!
//! | file | scope |
//! |---|---|
//! | `url` | the URL in which the token stands |
//! | `line` | the line, with its continuations: commands, `.npmrc` |
//! | `key` | the key before it, where that is a URL or a host |
//! | `object`, `pair` | the objects in braces around it: JSON, HCL, blocks of code |
//! | `section` | `.netrc` entries, sections of INI, TOML and git configuration |
//! | `properties` | settings whose keys begin alike: Gradle |
//! | `xml` | Maven servers, NuGet credentials |
//! | `http` | a request with its headers |
//! | `yaml` | the mapping in which it is a value |
//! | `mention`, `host` | what names an organisation |
//! | `label` | what names a token |

mod host;
mod http;
mod key;
mod label;
mod line;
mod mention;
mod object;
mod pair;
mod properties;
mod section;
#[cfg(test)]
mod tests;
mod text;
mod url;
mod xml;
mod yaml;

use std::ops::Range;

use host::Place;
use text::{Text, Window};

/// Bytes either side of a token in which clues are looked for.
pub(crate) const REACH: usize = 32 << 10;

/// Organisations that are named nearby, at most.
const MAX_NEARBY: usize = 5;

/// What the text around a token says about its organisation. Names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Its own URL, entry or section names one.
    Entry(Vec<String>),
    /// Its own URL or entry belongs to another host, or to Azure DevOps and names none: what
    /// stands nearby is not about this token.
    Elsewhere,
    /// These are named nearby, the nearest first; perhaps none.
    Nearby(Vec<String>),
}

/// What one rule has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The scope names this organisation and no other.
    Named(String),
    /// The scope is that of another host.
    Elsewhere,
    /// The scope names several organisations.
    Ambiguous,
}

impl From<Place> for Verdict {
    fn from(place: Place) -> Self {
        match place {
            Place::Named(organization) => Self::Named(organization),
            Place::Nameless | Place::Foreign => Self::Elsewhere,
        }
    }
}

/// Looks at one kind of scope around the token; `None` where the token stands in none such, or it
/// tells nothing.
type Rule = fn(&Text<'_>) -> Option<Verdict>;

/// In order: the narrower scope first.
const RULES: [Rule; 13] = [
    url::around,
    line::npm_key,
    key::of_token,
    section::netrc,
    properties::around,
    xml::around,
    label::of_another_service,
    object::on_the_line,
    line::command,
    http::request,
    object::around,
    section::header,
    yaml::around,
];

/// Reads which organisations are named with the token whose run is `span` of `layer`.
///
/// Depends only on the bytes within [`REACH`] either side of `span`, which the caller must have at
/// hand unless the layer ends before.
pub(crate) fn read(layer: &[u8], span: Range<usize>) -> Reading {
    let window = Window::around(layer, &span);
    let text = Text::new(&window);
    match RULES.iter().find_map(|rule| rule(&text)) {
        Some(Verdict::Named(organization)) => Reading::Entry(vec![organization]),
        Some(Verdict::Elsewhere) => Reading::Elsewhere,
        Some(Verdict::Ambiguous) | None => Reading::Nearby(text.nearest(MAX_NEARBY)),
    }
}

/// The organisations that `text` names, each once, in their order.
pub(super) fn named(text: &[u8]) -> Vec<String> {
    let window = Window::around(text, &(0..0));
    Text::new(&window).nearest(usize::MAX)
}

pub(crate) use label::is_pat_context;
