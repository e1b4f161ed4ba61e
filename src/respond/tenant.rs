//! What the policy of a tenant on leaked tokens is, as far as it can be read.

use std::time::Duration;

use crate::policy::TenantPolicy;
use crate::providers::azure_devops::{AzureDevOps, Setting, TenantPolicyName, Told};
use crate::providers::entra::Grant;

/// The policy of the tenant of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// On, off, never set, or unreadable.
    pub policy: TenantPolicy,
    /// Why it could not be read.
    pub message: Option<String>,
}

/// Reads the policy. To somebody whom the organisation does not know (`is_known`), no answer about
/// its tenant counts.
pub fn read(
    service: &AzureDevOps,
    organization: &str,
    grant: &Grant,
    is_known: bool,
    timeout: Duration,
) -> Tenant {
    let unreadable = |message: String| Tenant {
        policy: TenantPolicy::Unreadable,
        message: Some(message),
    };
    if !is_known {
        return unreadable("the organization knows nobody by this credential".to_owned());
    }
    let name = TenantPolicyName::RevokeLeaked;
    let told = service.tenant_policy(organization, name, grant.credential(), timeout);
    match &told.outcome {
        Ok(Setting::NeverSet) => policy(TenantPolicy::NeverSet),
        Ok(Setting::Set { value: true, .. }) => policy(TenantPolicy::On),
        Ok(Setting::Set { value: false, .. }) => policy(TenantPolicy::Off),
        Err(_) => unreadable(why(&told)),
    }
}

fn policy(policy: TenantPolicy) -> Tenant {
    Tenant {
        policy,
        message: None,
    }
}

fn why(told: &Told<Setting>) -> String {
    let evidence = &told.evidence;
    match (&evidence.message, evidence.status) {
        (Some(message), _) => message.clone(),
        (None, Some(status)) => format!("answered with {status} and nothing that is a policy"),
        (None, None) => "not answered".to_owned(),
    }
}
