//! Who is in an organisation.

use std::time::Duration;

use super::administration::{Told, json};
use super::{AzureDevOps, Question, ServiceHost, wire};
use crate::providers::Scrubber;
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
    /// The id in the directory that they come from, which policies name.
    pub origin_id: Option<String>,
}

/// Where somebody is reached, and under which account.
struct Person {
    mail: Option<String>,
    account: Option<String>,
}

/// A part of a list, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// What to ask for the next part with; `None` at the end.
    pub next: Option<String>,
    /// What of it could not be read, in words.
    pub lacks: Option<String>,
}

impl AzureDevOps {
    /// Lists people of an organisation, from `continuation` on. What the page lacks are those whose
    /// descriptor is none.
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

    /// The address for mail of the person with this subject descriptor, if there is one.
    pub fn mail_address(
        &self,
        organization: &str,
        descriptor: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Option<String>> {
        let told = self.person(organization, descriptor, credential, timeout);
        told.map(|person| person.mail)
    }

    /// The account of the person with this subject descriptor, if there is one.
    pub fn account(
        &self,
        organization: &str,
        descriptor: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Option<String>> {
        let told = self.person(organization, descriptor, credential, timeout);
        told.map(|person| person.account)
    }

    fn person(
        &self,
        organization: &str,
        descriptor: &str,
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Person> {
        if !is_descriptor(descriptor) {
            return Told::unasked("the subject descriptor is none");
        }
        let path = format!("_apis/graph/users/{descriptor}");
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: &path,
            query: &[("api-version", "7.1-preview.1")],
        };
        self.ask(&question, credential, timeout, |answer, scrubber| {
            let user: wire::User = json(answer)?;
            let whole = |text: Option<String>| text.and_then(|text| scrubber.whole(&text));
            // An answer about somebody else would have somebody else told.
            let is_asked_for = user.descriptor.as_deref() == Some(descriptor);
            is_asked_for.then(|| Person {
                mail: whole(user.mail_address),
                account: whole(user.principal_name),
            })
        })
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
        self.ask(&question, credential, timeout, |answer, scrubber| {
            let identities: wire::List<Option<wire::Identity>> = json(answer)?;
            let descriptors = identities.value.into_iter().flatten();
            let descriptors = descriptors.filter_map(|identity| identity.subject_descriptor);
            let mut descriptors = descriptors.filter(|descriptor| is_descriptor(descriptor));
            Some(descriptors.find_map(|descriptor| scrubber.whole(&descriptor)))
        })
    }

    /// Whether people are active in an organisation, by subject descriptor; who is not known is left
    /// out. That `isActive` is false of whoever was disabled in Entra is a guess, which an
    /// organisation with somebody disabled would settle.
    pub fn standings(
        &self,
        organization: &str,
        descriptors: &[&str],
        credential: Credential<'_>,
        timeout: Duration,
    ) -> Told<Vec<(String, bool)>> {
        let asked = descriptors.iter().copied().filter(|it| is_descriptor(it));
        let asked = asked.collect::<Vec<_>>().join(",");
        let question = Question {
            host: ServiceHost::Vssps,
            organization: Some(organization),
            path: "_apis/identities",
            query: &[
                ("subjectDescriptors", &asked),
                ("queryMembership", "None"),
                ("api-version", "7.1"),
            ],
        };
        self.ask(&question, credential, timeout, standings)
    }
}

/// Whether an identity is active, as far as the service says so: by its descriptor.
fn standings(answer: &Answer, scrubber: &Scrubber) -> Option<Vec<(String, bool)>> {
    let identities: wire::List<Option<wire::Identity>> = json(answer)?;
    let known = identities.value.into_iter().flatten();
    let known = known.filter_map(|identity| {
        let descriptor = identity.subject_descriptor?;
        Some((scrubber.whole(&descriptor)?, identity.is_active?))
    });
    Some(known.collect())
}

fn users(answer: &Answer, scrubber: &Scrubber) -> Option<Page<User>> {
    let users: wire::List<wire::User> = json(answer)?;
    let text = |text: Option<String>| text.map(|text| scrubber.scrub(&text));
    let listed = users.value.len();
    let users = users.value.into_iter().filter_map(|user| {
        let descriptor = user.descriptor.filter(|it| is_descriptor(it))?;
        Some(User {
            descriptor: scrubber.whole(&descriptor)?,
            name: text(user.display_name),
            account: text(user.principal_name),
            mail: text(user.mail_address),
            origin_id: user.origin_id.and_then(|id| scrubber.whole(&id)),
        })
    });
    let items: Vec<_> = users.collect();
    let lacks = match listed - items.len() {
        0 => None,
        1 => Some("1 person has no subject descriptor".to_owned()),
        many => Some(format!("{many} people have no subject descriptor")),
    };
    let next = answer.header("x-ms-continuationtoken");
    let next = match next.filter(|token| !token.is_empty()) {
        // Nothing of the credential is sent in an address: such a list cannot be read on.
        Some(token) => Some(scrubber.whole(token)?),
        None => None,
    };
    Some(Page { items, next, lacks })
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
    use serde_json::json;

    use super::*;

    #[test]
    fn people_without_a_descriptor_are_told() {
        let told = |others: &[serde_json::Value]| {
            let all = [&[json!({ "descriptor": "aad.YWZk" })], others].concat();
            let answer = Answer::of_json(&json!({ "value": all }));
            let page = users(&answer, &Scrubber::new(None)).expect("a page");
            (page.items.len(), page.lacks.unwrap_or_default())
        };
        assert_eq!(told(&[]), (1, String::new()));
        let lacks = "1 person has no subject descriptor".to_owned();
        assert_eq!(told(&[json!({ "displayName": "Noor" })]), (1, lacks));
        let odd = ["aad/xx", ""].map(|it| json!({ "descriptor": it }));
        let lacks = "2 people have no subject descriptor".to_owned();
        assert_eq!(told(&odd), (1, lacks));
    }

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
