//! What the audit log says of orders whose list cannot be read or lags behind.
//!
//! An entry counts that tells of a revocation and names the token by its authorization id. That its
//! data or its words do is a guess, which a log of the service would settle: where they do not, nothing
//! is closed by it. How somebody signed in who revoked a token does not count, for that is another one.

use super::Run;
use crate::model::Timestamp;
use crate::providers::azure_devops::AuditEntry;
use crate::respond::mechanism;
use crate::respond::plan::{Order, Route};

/// Seconds by which the clocks of the service and of this machine may differ.
const SKEW: i64 = 60 * 60;

impl Run<'_, '_> {
    /// That the audit log says that `order` is done, in words. Each round asks once an organisation.
    pub(super) fn logged(&mut self, order: &Order) -> Option<String> {
        // Of one's own tokens, only one's own list counts.
        if order.route != Route::Administrator {
            return None;
        }
        let organization = &order.organization;
        if !self.logs.contains_key(organization) {
            let read = self.read_log(organization);
            self.logs.insert(organization.clone(), read);
        }
        let entries = self.logs.get(organization)?;
        let entry = entries.iter().find(|entry| names(entry, order))?;
        let id = &entry.id;
        Some(format!(
            "the audit log says that it is revoked: {} {id}",
            entry.action
        ))
    }

    /// The revocations of an organisation; none where they cannot be read.
    fn read_log(&self, organization: &str) -> Vec<AuditEntry> {
        let Ok(grant) = self.grant(organization) else {
            return Vec::new();
        };
        let now = (self.revoker.now)();
        let begun = self.begun.get(organization).copied().unwrap_or(now);
        let start = Timestamp(begun.0 - SKEW);
        let end = Timestamp(now.0 + SKEW);
        let lister = self.revoker.lister;
        let read = lister.revocations(organization, (start, end), &grant);
        read.unwrap_or_default()
    }
}

/// Whether `entry` names the token of `order`.
fn names(entry: &AuditEntry, order: &Order) -> bool {
    let texts = entry.data.values().chain([&entry.details]);
    let mut texts = texts.filter(|text| mechanism::tells(text, &order.authorization_id));
    texts.next().is_some()
}
