//! The personal access tokens of a person, as an administrator sees them.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::administration::{Told, json};
use super::graph::is_descriptor;
use super::{AzureDevOps, Page, Question, ServiceHost, wire};
use crate::model::{PatRecord, Timestamp};
use crate::providers::Scrubber;
use crate::providers::http::{Answer, Credential};

/// Tokens on a page. What the service allows at most is published nowhere; this is accepted.
pub const PAGE_SIZE: usize = 100;

/// Which version of the list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListVersion {
    /// The one that gives C3IDs.
    Preview72,
    /// The one before, which is not known to.
    V71,
}

impl ListVersion {
    fn as_str(self) -> &'static str {
        match self {
            Self::Preview72 => "7.2-preview.1",
            Self::V71 => "7.1",
        }
    }
}

/// Whose tokens to list, and from where on.
#[derive(Clone, Copy, Debug)]
pub struct ListQuestion<'a> {
    /// At which organisation.
    pub organization: &'a str,
    /// The subject descriptor of the owner.
    pub descriptor: &'a str,
    /// In which version.
    pub version: ListVersion,
    /// From where on.
    pub continuation: Option<&'a str>,
    /// How many at once.
    pub page_size: usize,
}

/// A token in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPat {
    /// Its C3ID; `None` where the list does not say.
    pub c3id: Option<String>,
    /// Whether it is not revoked; `None` where the list does not say.
    pub is_valid: Option<bool>,
    /// The id of its owner.
    pub owner_id: Option<String>,
    /// The ids of the organisations that it is for; `None` where it is for all, or the list does not
    /// say.
    pub organizations: Option<Vec<String>>,
    /// The token.
    pub record: PatRecord,
}

impl AzureDevOps {
    /// Lists the tokens of one person.
    pub fn pats(
        &self,
        asked: ListQuestion<'_>,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Page<ListedPat>> {
        if !is_descriptor(asked.descriptor) {
            return Told::unasked("the subject descriptor is none");
        }
        let path = format!("_apis/tokenadmin/personalaccesstokens/{}", asked.descriptor);
        let page_size = asked.page_size.to_string();
        let mut query = vec![
            ("pageSize", page_size.as_str()),
            ("isPublic", "false"),
            ("api-version", asked.version.as_str()),
        ];
        query.extend(asked.continuation.map(|token| ("continuationToken", token)));
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(asked.organization),
            path: &path,
            query: &query,
        };
        self.ask(&question, credential, timeout, page)
    }
}

fn page(answer: &Answer, scrubber: &Scrubber) -> Option<Page<ListedPat>> {
    let tokens: wire::SessionTokens = json(answer)?;
    let items = tokens.value?.into_iter();
    // Who leaves one out that cannot be read takes another for the only one.
    let items: Option<Vec<_>> = items.map(|token| listed(token, scrubber)).collect();
    Some(Page {
        next: further(tokens.continuation_token, scrubber)?,
        items: items?,
        lacks: None,
    })
}

/// What the next part of a list is asked for with. The end is null, or a GUID of zeros; the whole is
/// none where nothing may be sent back.
#[expect(
    clippy::option_option,
    reason = "a list that cannot be read on is none at its end"
)]
pub(super) fn further(token: Option<String>, scrubber: &Scrubber) -> Option<Option<String>> {
    let is_zero = |token: &String| token.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    match token.filter(|token| !is_zero(token)) {
        // Nothing of the credential is sent in an address: such a list cannot be read on.
        Some(token) => scrubber.whole(&token).map(Some),
        None => Some(None),
    }
}

/// A record; none where what it is revoked by cannot be kept.
pub(super) fn listed(token: wire::SessionToken, scrubber: &Scrubber) -> Option<ListedPat> {
    let date = |text: Option<String>| text.as_deref().and_then(instant);
    let whole = |text: Option<String>| text.and_then(|text| scrubber.whole(&text));
    let scopes = token.scope.unwrap_or_default();
    let scopes = scopes.split_whitespace();
    let organizations = match &token.target_accounts {
        Some(Value::Array(ids)) if !ids.is_empty() => {
            let ids = ids.iter().map(|id| scrubber.whole(id.as_str()?));
            ids.collect()
        }
        _ => None,
    };
    Some(ListedPat {
        c3id: whole(token.cross_company_correlating_id).filter(|id| !id.is_empty()),
        is_valid: token.is_valid,
        owner_id: whole(token.user_id),
        organizations,
        record: PatRecord {
            authorization_id: whole(token.authorization_id).filter(|id| !id.is_empty())?,
            name: token.display_name.map(|name| scrubber.scrub(&name)),
            scopes: scopes.map(|scope| scrubber.scrub(scope)).collect(),
            valid_from: date(token.valid_from),
            valid_to: date(token.valid_to),
            is_global: match token.target_accounts {
                Some(Value::Null) => Some(true),
                Some(Value::Array(_)) => Some(false),
                _ => None,
            },
        },
    })
}

/// A time of the service, which is UTC where it has no zone. The year 1 stands for none.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let zoned = text.parse::<jiff::Timestamp>().ok();
    let time = zoned.or_else(|| {
        let time: DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    let year_2 = -62_104_060_800;
    (time.as_second() > year_2).then_some(Timestamp(time.as_second()))
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use serde_json::json;

    use super::*;
    use crate::model::Secret;

    const PRESENTED: &str = "n0tReallyATokenButLongEnoughToBeTakenForOne";

    /// What is read of a page, as an administrator with [`PRESENTED`].
    fn read(body: &Value) -> Option<Page<ListedPat>> {
        let answer = Answer::of_json(body);
        let presented = Secret::new(PRESENTED.as_bytes());
        page(&answer, &Scrubber::new(Some(&presented)))
    }

    #[test]
    fn only_null_is_every_organisation() {
        for (record, expected) in [
            (json!({ "targetAccounts": null }), Some(true)),
            (json!({ "targetAccounts": ["38aaa865"] }), Some(false)),
            (json!({}), None),
        ] {
            let mut record = record;
            record["authorizationId"] = "an id".into();
            let page = read(&json!({ "value": [record] })).expect("a page");
            assert_eq!(page.items[0].record.is_global, expected, "{record}");
        }
    }

    #[test]
    fn nothing_of_the_credential_is_kept_or_sent_back() {
        let echo = BASE64.encode(format!("PAT:{PRESENTED}").as_bytes());
        let record = |field: &str, value: &str| {
            let mut record = json!({
                "authorizationId": "an id", "crossCompanyCorrelatingId": "a C3ID",
                "displayName": "ci", "scope": "vso.code vso.build", "userId": "an owner",
            });
            record[field] = value.into();
            read(&json!({ "value": [record] })).expect("a page").items
        };
        let plain = record("displayName", "ci");
        for (field, change) in [
            (
                "crossCompanyCorrelatingId",
                (|it| it.c3id = None) as fn(&mut ListedPat),
            ),
            ("userId", |it| it.owner_id = None),
            ("displayName", |it| it.record.name = Some("…".to_owned())),
            ("scope", |it| it.record.scopes = vec!["…".to_owned()]),
        ] {
            let mut expected = plain.clone();
            change(&mut expected[0]);
            assert_eq!(record(field, &echo), expected, "{field}");
        }
        let next = |token: &str| read(&json!({ "value": [], "continuationToken": token }));
        assert_eq!(next(&echo), None);
        assert_eq!(
            next("a-page").and_then(|page| page.next).as_deref(),
            Some("a-page")
        );
        assert_eq!(next("").map(|page| page.next), Some(None));
    }

    #[test]
    fn one_that_cannot_be_read_leaves_the_page_unread() {
        let plain = json!({ "authorizationId": "an id" });
        let echo = BASE64.encode(format!("PAT:{PRESENTED}").as_bytes());
        for broken in [
            json!({}),
            json!({ "authorizationId": null }),
            json!({ "authorizationId": "" }),
            json!({ "authorizationId": echo }),
        ] {
            let page = read(&json!({ "value": [plain, broken] }));
            assert_eq!(page, None, "{broken}");
        }
        assert!(read(&json!({ "value": [plain] })).is_some());
    }

    #[test]
    fn organisations_are_told_only_by_ids() {
        for (given, expected) in [
            (
                json!(["a", "b"]),
                Some(vec!["a".to_owned(), "b".to_owned()]),
            ),
            (json!(["a", 1]), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            let record = json!({ "authorizationId": "an id", "targetAccounts": given });
            let page = read(&json!({ "value": [record] })).expect("a page");
            assert_eq!(page.items[0].organizations, expected, "{given}");
        }
    }

    #[test]
    fn times_without_a_zone_are_utc() {
        for (text, expected) in [
            ("2018-07-19T00:00:00", Some(1_531_958_400)),
            ("2018-07-19T00:00:00Z", Some(1_531_958_400)),
            ("2018-07-18T17:00:00.5557358-07:00", Some(1_531_958_400)),
            ("2018-07-19T00:00:00.123", Some(1_531_958_400)),
            ("0001-01-01T00:00:00", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(instant(text), expected.map(Timestamp), "{text}");
        }
    }
}
