//! Over what people are told.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::message::Message;
use super::signature::{fingerprint, sign};
use super::{letter, payload};
use crate::model::{Secret, Timestamp};
use crate::providers::notify::{
    Mail, Mailbox, Mailer, Undelivered, Webhook, WebhookError, slack, teams,
};

/// What mail is called in journals.
pub(super) const MAIL: &str = "mail";

/// All of it, as the operator wants it.
#[derive(Debug, Default)]
pub struct Channels {
    /// Who sends mail.
    pub mailer: Option<Mailer>,
    /// Who gets mail where no owner can be told.
    pub security_contact: Option<Mailbox>,
    /// Who takes posts.
    pub posts: Vec<PostChannel>,
    /// How long after people were told of a token that still works they are told again.
    pub remind_after: Option<SignedDuration>,
}

/// The form of a post.
#[derive(Clone, Debug)]
pub enum PostFormat {
    /// `patsweep-notification/1`, signed.
    Json {
        /// What it is signed with.
        secret: Secret,
    },
    /// An Adaptive Card.
    Teams,
    /// Blocks.
    Slack,
}

impl PostFormat {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Teams => "teams",
            Self::Slack => "slack",
        }
    }
}

/// Somewhere to post to.
#[derive(Debug)]
pub struct PostChannel {
    name: String,
    format: PostFormat,
    webhook: Webhook,
}

impl PostChannel {
    /// Posts to `address`, vouched for by `authorities`, in PEM, or by those whom the system
    /// trusts.
    ///
    /// # Errors
    ///
    /// If that is no address that posts may go to.
    pub fn new(
        format: PostFormat,
        address: &Secret,
        authorities: Option<&[u8]>,
    ) -> Result<Self, WebhookError> {
        let webhook = Webhook::new(address, authorities)?;
        // The address itself is a secret, and is not written down.
        let (kind, host) = (format.as_str(), webhook.host());
        let name = format!("{kind}:{host}:{}", fingerprint(address));
        Ok(Self {
            name,
            format,
            webhook,
        })
    }

    /// Tries once to post `message` at `now`.
    pub(super) fn post(&self, message: &Message, now: Timestamp) -> Result<(), Undelivered> {
        let body = match &self.format {
            PostFormat::Json { .. } => payload::body(message),
            PostFormat::Teams => teams::body(&message.post()),
            PostFormat::Slack => slack::body(&message.post()),
        };
        let body = body.to_string();
        let mut headers = vec![("idempotency-key", message.id.clone())];
        if let PostFormat::Json { secret } = &self.format {
            let timestamp = now.0.to_string();
            headers.push(("x-patsweep-signature", sign(secret, &timestamp, &body)));
            headers.push(("x-patsweep-timestamp", timestamp));
        }
        self.webhook.post(&body, &headers)
    }
}

impl Channels {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.mailer.is_none() && self.posts.is_empty()
    }

    /// What they are called in journals.
    pub fn names(&self) -> BTreeSet<String> {
        let mail = self.mailer.as_ref().map(|_| MAIL.to_owned());
        let posts = self.posts.iter().map(|post| post.name.clone());
        mail.into_iter().chain(posts).collect()
    }

    /// The one to post to that is called `name`.
    pub(super) fn post(&self, name: &str) -> Option<&PostChannel> {
        self.posts.iter().find(|post| post.name == name)
    }

    /// Tries once to mail `message`, which follows another.
    pub(super) fn mail(
        &self,
        message: &Message,
        to: &Mailbox,
        follows: Option<&str>,
    ) -> Result<(), Undelivered> {
        let Some(mailer) = &self.mailer else {
            return Err(Undelivered::lasting("mail is not configured"));
        };
        mailer.send(&Mail {
            to,
            subject: &message.title(),
            text: &letter::text(message),
            id: &message.id,
            follows,
        })
    }
}
