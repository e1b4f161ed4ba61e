//! What those who tell people can do for the revoker, which knows nothing of mail.

use serde_json::Value;

use crate::respond::journal::{Journal, JournalError, Record};
use crate::respond::plan::Plan;

/// When people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Every order was answered.
    Answered,
    /// It was looked whether they have taken effect.
    Confirmed,
}

/// Tells people what a journal says, and writes down that it did.
pub trait Tell {
    /// What has to stand in the journal before anything is done by `plan`, so that people can be
    /// told of it even if this run does not come to it.
    fn preface(&self, plan: &Plan, records: &[Record]) -> Value;

    /// Tells whoever is still to be told. What does not reach them is written down, and no error.
    ///
    /// # Errors
    ///
    /// If the journal cannot be written.
    fn tell(&mut self, journal: &mut Journal, stage: Stage) -> Result<(), JournalError>;
}
