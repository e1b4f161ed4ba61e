//! Tells people: mail by SMTP, and posts to webhooks. What is told is worked out elsewhere.
//!
//! | file | what |
//! |---|---|
//! | `smtp` | mail, over TLS unless it stays on this machine |
//! | `webhook` | posts of JSON |
//! | `teams`, `slack` | the bodies that those two show to people |

pub mod slack;
mod smtp;
pub mod teams;
mod webhook;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use backon::{BlockingRetryable, ExponentialBuilder};

pub use smtp::{Encryption, Mail, MailOptions, Mailbox, MailboxError, Mailer, MailerError};
pub use webhook::{Webhook, WebhookError};

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The pause before the second try; later ones grow.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How much they grow.
const GROWTH: f32 = 4.0;
/// Tries after the first. What fails for longer is left to a later run.
const MORE_TRIES: usize = 2;

/// Something to tell, in parts, for those who show it as a card or in blocks.
///
/// Every text in it is plain: it may hold whatever a format takes for its own syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// What happened.
    pub title: String,
    /// What that means for whoever reads it.
    pub lead: String,
    /// Each token.
    pub items: Vec<Item>,
    /// How all of it can be proven later.
    pub footer: String,
}

/// One token of a [`Post`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub title: String,
    /// What is known of it: a name and a value each.
    pub facts: Vec<(&'static str, String)>,
}

/// Why something was not delivered. The text names neither credential nor address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Undelivered {
    /// What happened.
    pub why: String,
    /// Whether it is worth another try.
    pub is_passing: bool,
}

impl Undelivered {
    /// What no other try will mend.
    pub fn lasting(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_passing: false,
        }
    }
}

/// Tries a few times to deliver, as long as it may still work and nobody has had enough.
///
/// # Errors
///
/// Why the last try failed.
pub fn deliver(
    stop: &AtomicBool,
    attempt: impl FnMut() -> Result<(), Undelivered>,
) -> Result<(), Undelivered> {
    let pauses = ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_factor(GROWTH)
        .with_max_times(MORE_TRIES);
    let is_worth_it = |error: &Undelivered| error.is_passing && !stop.load(Ordering::Relaxed);
    attempt
        .retry(pauses)
        .sleep(thread::sleep)
        .when(is_worth_it)
        .call()
}

/// `text`, cut to as many characters as `most`.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// As many of `items` as are shown, and how many are not.
fn shown(items: &[Item], most: usize) -> (&[Item], Option<String>) {
    let shown = &items[..items.len().min(most)];
    let left = items.len() - shown.len();
    let rest = (left > 0).then(|| format!("and {left} more, which the journal names"));
    (shown, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_still_work_is_tried_again() {
        let check = |is_passing: bool, stopped: bool, works_at: usize, expected: usize| {
            let stop = AtomicBool::new(stopped);
            let mut tries = 0;
            let done = deliver(&stop, || {
                tries += 1;
                if tries == works_at {
                    return Ok(());
                }
                let why = format!("try {tries}");
                Err(Undelivered { why, is_passing })
            });
            assert_eq!(tries, expected);
            let why = done.map_err(|error| error.why);
            let failed = Err(format!("try {expected}"));
            assert_eq!(why, if works_at == expected { Ok(()) } else { failed });
        };
        check(true, false, 1, 1);
        check(true, false, 2, 2);
        check(false, false, 2, 1);
        check(true, true, 2, 1);
    }
}
