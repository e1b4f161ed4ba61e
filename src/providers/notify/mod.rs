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
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

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
/// The longest pause that a receiver may ask for. Who wants to be left alone for longer is left to a
/// later run.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often a pause looks whether the operator has had enough.
const TICK: Duration = Duration::from_millis(100);

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
    /// How long the receiver wants to be left alone, where it says so.
    pub pause: Option<Duration>,
}

impl Undelivered {
    /// What no other try will mend.
    pub fn lasting(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_passing: false,
            pause: None,
        }
    }

    /// What another try may mend.
    pub fn passing(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_passing: true,
            pause: None,
        }
    }
}

/// Tries a few times to deliver, as long as it may still work and nobody has had enough. No receiver
/// is asked again before the pause is over that it wants; if that is a long one, not at all.
///
/// # Errors
///
/// Why the last try failed.
pub fn deliver(
    stop: &AtomicBool,
    mut attempt: impl FnMut() -> Result<(), Undelivered>,
) -> Result<(), Undelivered> {
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_factor(GROWTH)
        .with_max_times(MORE_TRIES)
        .build();
    let has_enough = || stop.load(Ordering::Relaxed);
    loop {
        let Err(error) = attempt() else {
            return Ok(());
        };
        let asked = error.pause.unwrap_or_default();
        let is_worth_it = error.is_passing && asked <= LONGEST_PAUSE && !has_enough();
        let Some(pause) = pauses.next().filter(|_| is_worth_it) else {
            return Err(error);
        };
        let until = Instant::now() + pause.max(asked);
        while Instant::now() < until && !has_enough() {
            thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
        if has_enough() {
            return Err(error);
        }
    }
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
                Err(Undelivered {
                    why,
                    is_passing,
                    pause: None,
                })
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

    #[test]
    fn receivers_are_left_alone_as_long_as_they_want() {
        let stop = AtomicBool::new(false);
        let tries = |pause: Duration| {
            let (mut tries, start) = (0, Instant::now());
            let done = deliver(&stop, || {
                tries += 1;
                if tries == 2 {
                    return Ok(());
                }
                Err(Undelivered {
                    pause: Some(pause),
                    ..Undelivered::passing("busy")
                })
            });
            (tries, done.is_ok(), start.elapsed() >= pause)
        };
        assert_eq!(tries(Duration::from_millis(600)), (2, true, true));
        assert_eq!(tries(Duration::from_secs(31)), (1, false, false));
    }
}
