//! The personal access tokens of a person, as their owner sees them: with an Entra token only.

use std::time::Duration;

use super::administration::{Told, json};
use super::inventory::listed;
use super::{AzureDevOps, ListedPat, PAGE_SIZE, Page, Question, ServiceHost, wire};
use crate::providers::Scrubber;
use crate::providers::entra::Grant;
use crate::providers::http::Answer;

const PATH: &str = "_apis/tokens/pats";
const VERSION: (&str, &str) = ("api-version", "7.1-preview.1");

/// Which tokens are listed. The list does not say of a token whether it is revoked: that it is asked
/// for does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnFilter {
    /// Those that work.
    Active,
    /// Those that were revoked.
    Revoked,
}

impl OwnFilter {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

/// Which of one's own tokens to list, and from where on.
#[derive(Clone, Copy, Debug)]
pub struct OwnQuestion<'a> {
    /// At which organisation.
    pub organization: &'a str,
    /// Which.
    pub filter: OwnFilter,
    /// From where on.
    pub continuation: Option<&'a str>,
}

/// What came of the order to end one's own token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnEnd {
    /// It was accepted.
    Accepted,
    /// There is no such token.
    NotFound,
    /// It was not done, says a success.
    Refused,
}

impl AzureDevOps {
    /// Lists one's own tokens. They bear no C3ID.
    pub fn own_pats(
        &self,
        asked: OwnQuestion<'_>,
        grant: &Grant,
        timeout: Duration,
    ) -> Told<Page<ListedPat>> {
        let top = PAGE_SIZE.to_string();
        let mut query = vec![
            ("displayFilterOption", asked.filter.as_str()),
            ("$top", &top),
            VERSION,
        ];
        query.extend(asked.continuation.map(|token| ("continuationToken", token)));
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(asked.organization),
            path: PATH,
            query: &query,
        };
        self.ask(
            &question,
            grant.credential(),
            timeout,
            |answer, scrubber| page(answer, scrubber, asked.filter),
        )
    }

    /// Revokes one's own token. The service takes this back no more.
    pub fn revoke_own(
        &self,
        organization: &str,
        authorization_id: &str,
        grant: &Grant,
        timeout: Duration,
    ) -> Told<OwnEnd> {
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: PATH,
            query: &[("authorizationId", authorization_id), VERSION],
        };
        self.delete(&question, grant, timeout, end)
    }
}

fn page(answer: &Answer, scrubber: &Scrubber, filter: OwnFilter) -> Option<Page<ListedPat>> {
    let tokens: wire::OwnTokens = json(answer)?;
    let items = tokens.pat_tokens?.into_iter();
    let items: Option<Vec<_>> = items.map(|token| listed(token, scrubber)).collect();
    let next = match tokens.continuation_token.filter(|token| !token.is_empty()) {
        Some(token) => Some(scrubber.whole(&token)?),
        None => None,
    };
    Some(Page {
        lacks: None,
        items: items?
            .into_iter()
            .map(|pat| ListedPat {
                is_valid: Some(filter == OwnFilter::Active),
                ..pat
            })
            .collect(),
        next,
    })
}

/// What an answer says: the specification has a 200, its example a 204.
fn end(answer: &Answer) -> Option<OwnEnd> {
    if answer.body.trim_ascii().is_empty() {
        return Some(OwnEnd::Accepted);
    }
    let result: wire::OwnResult = json(answer)?;
    Some(match result.pat_token_error?.as_str() {
        "none" => OwnEnd::Accepted,
        "authorizationNotFound" | "tokenNotFound" => OwnEnd::NotFound,
        _ => OwnEnd::Refused,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_that_cannot_be_read_leaves_the_page_unread() {
        let read = |tokens: serde_json::Value| {
            let answer = Answer::of_json(&json!({ "patTokens": tokens }));
            let page = page(&answer, &Scrubber::new(None), OwnFilter::Active);
            page.map(|page| page.items.len())
        };
        let plain = json!({ "authorizationId": "an id" });
        assert_eq!(read(json!([plain])), Some(1));
        assert_eq!(read(json!([plain, { "authorizationId": null }])), None);
    }
}
