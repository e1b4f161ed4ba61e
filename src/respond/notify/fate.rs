//! What is told of a token: of which kind, and how it stands.

use serde::{Deserialize, Serialize};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// That tokens leaked, and what is done about it.
    Leak,
    /// That they still work.
    Reminder,
    /// That they work no more.
    Closure,
}

impl Kind {
    /// The name in journals and payloads.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Reminder => "reminder",
            Self::Closure => "closure",
        }
    }
}

/// How a token stands when it is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fate {
    /// The service accepted its revocation.
    Accepted,
    /// Its revocation was ordered; the service did not say what it did.
    Unanswered,
    /// The service did not revoke it.
    Refused,
    /// Its revocation was ordered, and was not sent: what orders are for is still to be done.
    Unsent,
    /// Its revocation was ordered, and it was left alone, for it is not what was planned any more.
    Dropped,
    /// It is not to be revoked: whoever owns it is told.
    Told,
    /// It was told before, and by now nothing says whether it still works.
    Unproven,
    /// It is revoked.
    Closed,
}

impl Fate {
    /// The name in journals and payloads.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
            Self::Unsent => "unsent",
            Self::Dropped => "dropped",
            Self::Told => "told",
            Self::Unproven => "unproven",
            Self::Closed => "closed",
        }
    }

    /// Whether its order was left without a request: whose it is was not found out by that.
    pub(super) fn is_unlooked(self) -> bool {
        matches!(self, Self::Told | Self::Unsent | Self::Dropped)
    }

    /// What a look makes of a token, by its outcome in the journal, if it is told of it.
    pub(super) fn confirmed(outcome: Option<&str>) -> Option<Self> {
        match outcome {
            Some("unsent") => Some(Self::Unsent),
            Some("dropped") => Some(Self::Dropped),
            _ => None,
        }
    }

    /// What an answer makes of a token, by its outcome in the journal.
    pub(super) fn answered(outcome: Option<&str>) -> Self {
        match outcome {
            Some("accepted") => Self::Accepted,
            Some("unknown") | None => Self::Unanswered,
            // It is sent again.
            Some("throttled") => Self::Unsent,
            Some(_) => Self::Refused,
        }
    }
}
