//! Who is in an organisation.

use std::time::Duration;

use super::administration::{Told, json};
use super::{AzureDevOps, Question, ServiceHost, wire};
use crate::providers::http::{Answer, Credential};

/// Somebody in an organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// The subject descriptor, such as `aad.…`.
    pub descriptor: String,
    /// The name that people see.
    pub name: Option<String>,
    /// The account, usually an address.
    pub account: Option<String>,
    /// The address for mail, where it is another.
    pub mail: Option<String>,
}

/// A part of a list, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// What to ask for the next part with; `None` at the end.
    pub next: Option<String>,
}

impl AzureDevOps {
    /// Lists people of an organisation, from `continuation` on. Those whose descriptor is none are
    /// left out.
    pub fn users(
        &self,
        organization: &str,
        continuation: Option<&str>,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Page<User>> {
        let mut query = vec![
            ("subjectTypes", "aad,msa"),
            ("api-version", "7.1-preview.1"),
        ];
        query.extend(continuation.map(|token| ("continuationToken", token)));
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: "_apis/graph/users",
            query: &query,
        };
        self.ask(&question, credential, timeout, users)
    }

    /// The subject descriptor of an identity.
    pub fn descriptor(
        &self,
        organization: &str,
        id: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Option<String>> {
        let query = [
            ("identityIds", id),
            ("queryMembership", "None"),
            ("api-version", "7.1"),
        ];
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: "_apis/identities",
            query: &query,
        };
        self.ask(&question, credential, timeout, |answer| {
            let identities: wire::List<Option<wire::Identity>> = json(answer)?;
            let descriptors = identities.value.into_iter().flatten();
            let mut descriptors = descriptors.filter_map(|identity| identity.subject_descriptor);
            Some(descriptors.find(|descriptor| is_descriptor(descriptor)))
        })
    }
}

fn users(answer: &Answer) -> Option<Page<User>> {
    let users: wire::List<wire::User> = json(answer)?;
    let users = users.value.into_iter().filter_map(|user| {
        let descriptor = user.descriptor.filter(|it| is_descriptor(it))?;
        Some(User {
            descriptor,
            name: user.display_name,
            account: user.principal_name,
            mail: user.mail_address,
        })
    });
    let next = answer.header("x-ms-continuationtoken");
    Some(Page {
        items: users.collect(),
        next: next.filter(|token| !token.is_empty()).map(str::to_owned),
    })
}

/// Whether `text` can be a subject descriptor: a kind, and an id in base64 behind a dot. It becomes
/// part of a path.
pub(super) fn is_descriptor(text: &str) -> bool {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    text.split_once('.').is_some_and(|(kind, id)| {
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_kind && !id.is_empty() && id.bytes().all(is_id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_stay_within_their_path() {
        for (text, expected) in [
            ("aad.YWZkMzM2ZGQ", true),
            ("msa.MjcwYjYw-_=", true),
            ("", false),
            ("aad.", false),
            ("..", false),
            (".x", false),
            ("aad.a/../b", false),
            ("aad.a?b", false),
            ("aad.a.b", false),
        ] {
            assert_eq!(is_descriptor(text), expected, "{text}");
        }
    }
}
