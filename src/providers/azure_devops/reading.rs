//! What an answer says about the token that was presented.
//!
//! The first rule that fits decides. Two things make the difference between this and asking for a
//! status: an answer that lacks every mark of the service proves nothing, and being let in means
//! that the answer names somebody. A refusal is never proof that a token has ended.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::{Asked, owner_of, wire};
use crate::model::{Method, Owner, ServiceEvidence, Timestamp, ValidityReason};
use crate::providers::Scrubber;
use crate::providers::http::Answer;

/// Who asks without saying so, as the service calls them.
const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
/// How long to wait where the service says to wait, but not for how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// An answer, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it says.
    pub verdict: Verdict,
    /// By what.
    pub evidence: ServiceEvidence,
    /// How long to ask nothing else as this identity.
    pub pause: Option<Pause>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let in, as this person.
    Accepted(Owner),
    /// Stopped by a policy of the organisation; whether that is the one on global tokens.
    Blocked {
        /// Only a global token is stopped by that policy.
        is_global: bool,
    },
    /// Known, but turned away from what was asked.
    Elsewhere(Owner),
    /// It has expired, says the service.
    Expired,
    /// The service knows of no such token.
    NotRecognized,
    /// Turned away without a reason.
    Refused,
    /// There is no such organisation.
    OrganizationNotFound,
    /// Too many requests.
    Throttled,
    /// An outage, or too many requests for something between here and the service: worth a second
    /// try.
    Outage,
    /// No answer at all.
    Unreachable,
    /// Anything else.
    Unexpected,
}

/// What the service says about when to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause(pub Duration);

impl Verdict {
    /// The state that this is.
    pub fn reason(&self) -> ValidityReason {
        match self {
            Self::Accepted(_) => ValidityReason::Live,
            Self::Blocked { .. } => ValidityReason::LiveBlocked,
            Self::Elsewhere(_) => ValidityReason::LiveElsewhere,
            Self::Expired => ValidityReason::Expired,
            Self::NotRecognized => ValidityReason::NotRecognized,
            Self::Refused => ValidityReason::Refused,
            Self::OrganizationNotFound => ValidityReason::OrganizationNotFound,
            Self::Throttled => ValidityReason::Throttled,
            Self::Outage | Self::Unreachable | Self::Unexpected => ValidityReason::Inconclusive,
        }
    }

    /// Without what was presented, which the service may repeat as a name.
    fn scrubbed(self, scrubber: &Scrubber) -> Self {
        match self {
            Self::Accepted(owner) => Self::Accepted(scrubbed(owner, scrubber)),
            Self::Elsewhere(owner) => Self::Elsewhere(scrubbed(owner, scrubber)),
            other => other,
        }
    }
}

/// Reads what came of presenting a token.
pub(super) fn read(asked: &Asked, method: Method, scrubber: &Scrubber) -> Reading {
    let verdict = match &asked.outcome {
        Ok(answer) => verdict(answer, method).scrubbed(scrubber),
        Err(_) => Verdict::Unreachable,
    };
    Reading {
        pause: asked
            .outcome
            .as_ref()
            .ok()
            .and_then(|it| pause(it, it.status == 429)),
        evidence: evidence(asked, scrubber),
        verdict,
    }
}

/// What there is to show for an answer, or for none.
pub(super) fn evidence(asked: &Asked, scrubber: &Scrubber) -> ServiceEvidence {
    let (status, type_key, message) = match &asked.outcome {
        Ok(answer) => {
            let said = Said::of(answer);
            (Some(answer.status), said.type_key, said.message)
        }
        Err(fault) => (None, None, Some(fault.to_string())),
    };
    let is_said = |text: &String| !text.is_empty();
    ServiceEvidence {
        status,
        // A word of many letters, and an address that was made here.
        type_key: type_key
            .map(|key| scrubber.scrub_known(&key))
            .filter(is_said),
        message: message.map(|text| scrubber.scrub(&text)).filter(is_said),
        endpoint: scrubber.scrub_known(&asked.endpoint),
    }
}

fn verdict(answer: &Answer, method: Method) -> Verdict {
    let said = Said::of(answer);
    let text = said.all();
    if answer.status == 407 || !is_of_service(answer, &said) {
        return match answer.status {
            429 => Verdict::Outage,
            _ => Verdict::Unexpected,
        };
    }
    if answer.status == 429 {
        return Verdict::Throttled;
    }
    if answer.status >= 500 {
        return Verdict::Outage;
    }
    if (200..300).contains(&answer.status)
        && answer.status != 203
        && let Some(owner) = accepted(answer, method)
    {
        return Verdict::Accepted(owner);
    }
    let is_refusal = matches!(answer.status, 400 | 401 | 403 | 404);
    // The code of the policy, or the page that browsers get for it.
    let is_fenced = text.contains("VS403463") || text.contains("Uh-oh, you do not have access");
    if is_refusal && is_fenced {
        return Verdict::Blocked { is_global: false };
    }
    if is_refusal && text.contains("global Personal Access Token") {
        return Verdict::Blocked { is_global: true };
    }
    // Before whose it is: that an expired token is known does not make it work.
    if is_refusal && text.contains("Personal Access Token used has expired") {
        return Verdict::Expired;
    }
    if is_refusal && let Some(owner) = identified(answer, &text) {
        return Verdict::Elsewhere(owner);
    }
    let is_sent_to_sign_in = answer.status == 302 && leads_to_sign_in(answer);
    if answer.status == 203 || is_sent_to_sign_in || names_nobody(&text) {
        return Verdict::NotRecognized;
    }
    match answer.status {
        401 => Verdict::Refused,
        404 => Verdict::OrganizationNotFound,
        _ => Verdict::Unexpected,
    }
}

/// Whoever an answer of success names; a public project or a page names nobody.
fn accepted(answer: &Answer, method: Method) -> Option<Owner> {
    let owner = if method == Method::ConnectionData {
        let data: wire::ConnectionData = json(answer)?;
        owner_of(&data.authenticated_user?)
    } else {
        let profile: wire::Profile = json(answer)?;
        Owner {
            id: profile.id,
            descriptor: None,
            name: profile.display_name,
            account: profile.email_address,
        }
    };
    let is_somebody = owner.id.as_deref().is_some_and(is_guid_of_somebody);
    is_somebody.then_some(owner)
}

/// Whoever an answer of `connectionData` names.
pub(super) fn connected(answer: &Answer, scrubber: &Scrubber) -> Option<Owner> {
    accepted(answer, Method::ConnectionData).map(|owner| scrubbed(owner, scrubber))
}

/// The id of the organisation that an answer of `connectionData` to somebody comes from.
pub(super) fn instance(answer: &Answer, scrubber: &Scrubber) -> Option<String> {
    accepted(answer, Method::ConnectionData)?;
    let data: wire::ConnectionData = json(answer)?;
    let id = data.instance_id.filter(|id| is_guid_of_somebody(id))?;
    scrubber.whole(&id)
}

/// What may be kept of an owner: ids as they are or not at all, names without what was presented.
fn scrubbed(owner: Owner, scrubber: &Scrubber) -> Owner {
    let whole = |text: Option<String>| text.and_then(|text| scrubber.whole(&text));
    let text = |text: Option<String>| text.map(|text| scrubber.scrub(&text));
    Owner {
        id: whole(owner.id),
        descriptor: whole(owner.descriptor),
        name: text(owner.name),
        account: text(owner.account),
    }
}

fn json<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    serde_json::from_value(answer.json()?).ok()
}

/// Whom an answer names in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A person or a service.
    Somebody,
    /// The anonymous identity.
    Nobody,
}

/// Whom `answer` names in a header, if that is there.
pub(super) fn identity(answer: &Answer) -> Option<Identity> {
    answer.header("x-vss-userdata")?;
    Some(match identified(answer, "") {
        Some(_) => Identity::Somebody,
        None => Identity::Nobody,
    })
}

/// Whoever a refusal names, in `X-VSS-UserData` or in `TF400813`.
fn identified(answer: &Answer, text: &str) -> Option<Owner> {
    let header = answer.header("x-vss-userdata").and_then(|data| {
        let (id, account) = data.split_once(':').unwrap_or((data, ""));
        let is_somebody = !id.is_empty() && !id.eq_ignore_ascii_case(ANONYMOUS);
        let is_guid = is_guid_of_somebody(id);
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (is_somebody && (is_guid || id.contains('.'))).then(|| Owner {
            id: is_guid.then(|| id.to_owned()),
            descriptor: (!is_guid).then(|| id.to_owned()),
            name: known(account).filter(|_| !is_guid),
            account: known(account).filter(|_| is_guid),
        })
    });
    header.or_else(|| {
        let id = refused_user(text).filter(|user| is_guid_of_somebody(user))?;
        Some(Owner {
            id: Some(id.to_owned()),
            ..Owner::default()
        })
    })
}

/// Whether the service says that it is nobody whom it turns away.
fn names_nobody(text: &str) -> bool {
    refused_user(text).is_some_and(|user| user.is_empty() || user.eq_ignore_ascii_case(ANONYMOUS))
}

/// The user whom `TF400813` names.
fn refused_user(text: &str) -> Option<&str> {
    let (_, behind) = text.split_once("TF400813")?;
    let (_, user) = behind.split_once('\'')?;
    user.split_once('\'').map(|(user, _)| user.trim())
}

fn is_guid_of_somebody(text: &str) -> bool {
    let parts = [8, 4, 4, 4, 12];
    let mut given = text.split('-');
    let is_guid = parts.iter().all(|&length| {
        given
            .next()
            .is_some_and(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit()))
    }) && given.next().is_none();
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    is_guid && !is_zero && !text.eq_ignore_ascii_case(ANONYMOUS)
}

/// Whether anything shows that the service answered, and not a proxy in its place.
pub(super) fn is_of_service(answer: &Answer, said: &Said) -> bool {
    const MARKS: [&str; 5] = [
        "activityid",
        "x-tfs-processid",
        "x-vss-e2eid",
        "x-tfs-serviceerror",
        "x-vss-userdata",
    ];
    let challenge = |value: &str| {
        [
            "visualstudio.com",
            "TFS-Federated",
            "login.microsoftonline.com",
        ]
        .iter()
        .any(|mark| value.contains(mark))
    };
    MARKS.iter().any(|mark| answer.headers.contains_key(*mark))
        || answer.header_values("www-authenticate").any(challenge)
        || said.title.as_deref().is_some_and(is_sign_in)
        || leads_to_sign_in(answer)
}

/// Whether an answer asks a browser to sign in.
fn leads_to_sign_in(answer: &Answer) -> bool {
    answer.headers.contains_key("x-tfs-fedauthrealm")
        || answer
            .header("location")
            .is_some_and(|location| location.contains("/_signin"))
}

fn is_sign_in(title: &str) -> bool {
    title.starts_with("Azure DevOps") && title.ends_with("Sign In")
}

/// When to go on. What is served with a delay says so, too, and so does what is the last that is
/// served before a limit.
pub(super) fn pause(answer: &Answer, is_throttled: bool) -> Option<Pause> {
    let number = |name: &str| answer.header(name)?.trim().parse::<f64>().ok();
    let is_used_up = number("x-ratelimit-remaining").is_some_and(|remaining| remaining <= 0.0);
    let until_reset = || {
        let now = date(answer)?;
        let reset = number("x-ratelimit-reset")?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        Some(reset - now.0 as f64)
    };
    // An organisation that is being moved is not back after a moment.
    if answer.headers.contains_key("x-vss-hostofflineerror") {
        return None;
    }
    let told = number("retry-after")
        .or_else(|| number("x-ratelimit-delay"))
        .or_else(|| until_reset().filter(|_| is_used_up))
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    told.or(is_throttled.then_some(DEFAULT_PAUSE)).map(Pause)
}

/// What time it was where `answer` comes from.
pub(super) fn date(answer: &Answer) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(answer.header("date")?).ok()?;
    Some(Timestamp(date.timestamp().as_second()))
}

/// What an answer says in words, wherever it says it.
pub(super) struct Said {
    message: Option<String>,
    pub(super) type_key: Option<String>,
    title: Option<String>,
    header: Option<String>,
}

impl Said {
    /// In the order of Microsoft's clients: the message of the JSON, the header, the page's title.
    pub(super) fn of(answer: &Answer) -> Self {
        let body = answer.text();
        let error: Option<wire::WrappedException> = serde_json::from_str(&body).ok();
        let header = answer
            .header("x-tfs-serviceerror")
            .map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
        let title = title(&body);
        let (message, type_key) = match error {
            Some(error) => (error.message, error.type_key),
            None if answer.status >= 400 && !body.trim_start().starts_with('<') => (
                Some(body.trim().to_owned()).filter(|text| !text.is_empty()),
                None,
            ),
            None => (None, None),
        };
        Self {
            message: message.or_else(|| header.clone()).or_else(|| title.clone()),
            type_key,
            title,
            header,
        }
    }

    /// All of it, for what is looked for in any of them.
    pub(super) fn all(&self) -> String {
        let parts = [&self.message, &self.header, &self.title];
        let parts = parts.into_iter().flatten().map(String::as_str);
        parts.collect::<Vec<_>>().join("\n")
    }
}

/// The title of a page, its white space joined.
fn title(body: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: Vec<&str> = body[start..end].split_whitespace().collect();
    Some(words.join(" "))
}
