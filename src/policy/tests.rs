//! The whole table of what is decided.

use super::*;

const NOW: Timestamp = Timestamp(1_000);

const LEAK: Leak<'_> = Leak {
    c3id: "C3ID",
    owner: Some("Ann@Example.org"),
    validity: Validity::Active,
    certainty: Certainty::Certain,
    visibility: Visibility::Public,
    sighting: Sighting::Seen,
    tenant: TenantPolicy::On,
};

fn policy(auto_revoke: AutoRevoke, exposure: ExposureRule) -> Policy {
    Policy {
        auto_revoke,
        exposure,
        accepts_probable: false,
        allowed: Vec::new(),
    }
}

/// The whole table: every policy, every state of the tenant, every place.
#[test]
fn policies_and_places() {
    use {AutoRevoke as Auto, Because as Why, TenantPolicy as Tenant};
    let tenants = [
        (Tenant::On, Ok(Why::TenantOn)),
        (Tenant::NeverSet, Ok(Why::TenantNeverSet)),
        (Tenant::Off, Err(Why::TenantOff)),
        (Tenant::Unreadable, Err(Why::TenantUnreadable)),
    ];
    let places = [Visibility::Public, Visibility::Private, Visibility::Unknown];
    for auto in Auto::ALL {
        for (tenant, by_tenant) in tenants {
            let permission = match auto {
                Auto::Tenant => by_tenant,
                Auto::On => Ok(Why::OperatorOn),
                Auto::Off => Err(Why::OperatorOff),
            };
            for exposure in ExposureRule::ALL {
                for visibility in places {
                    let leak = Leak {
                        visibility,
                        tenant,
                        ..LEAK
                    };
                    let counts = exposure == ExposureRule::Any || visibility == Visibility::Public;
                    let expected = match permission {
                        Err(why) => (Action::Notify, why),
                        Ok(_) if !counts => (Action::Notify, Why::NotPublic(visibility)),
                        Ok(why) => (Action::Revoke, why),
                    };
                    let policy = policy(auto, exposure);
                    let decided = decide(&leak, &policy, NOW);
                    assert_eq!(
                        (decided.action, decided.because),
                        expected,
                        "{auto:?} {tenant:?} {exposure:?} {visibility:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn only_what_is_exactly_known_is_revoked() {
    use {Action as Do, Because as Why, Certainty as Match};
    let mut policy = policy(AutoRevoke::On, ExposureRule::Any);
    let mut check = |certainty, accepts_probable, action, because| {
        policy.accepts_probable = accepts_probable;
        let leak = Leak { certainty, ..LEAK };
        assert_eq!(decide(&leak, &policy, NOW), Decision { action, because });
    };
    for accepts in [false, true] {
        check(Match::Certain, accepts, Do::Revoke, Why::OperatorOn);
        check(Match::Asserted, accepts, Do::Revoke, Why::OperatorOn);
        check(Match::Ambiguous, accepts, Do::Notify, Why::Ambiguous);
        check(Match::Unmatched, accepts, Do::Notify, Why::Unmatched);
    }
    check(Match::Probable, false, Do::Notify, Why::OnlyProbable);
    check(Match::Probable, true, Do::Revoke, Why::OperatorOn);
}

#[test]
fn what_is_not_where_it_leaked_is_not_revoked() {
    use {Action as Do, Because as Why, Certainty as Match};
    let policy = policy(AutoRevoke::On, ExposureRule::Public);
    for (sighting, certainty, action, because) in [
        (Sighting::Seen, Match::Certain, Do::Revoke, Why::OperatorOn),
        (
            Sighting::NotLooked,
            Match::Certain,
            Do::Revoke,
            Why::OperatorOn,
        ),
        (
            Sighting::Elsewhere,
            Match::Certain,
            Do::Revoke,
            Why::OperatorOn,
        ),
        (Sighting::Missing, Match::Certain, Do::Notify, Why::Missing),
        (Sighting::Missing, Match::Asserted, Do::Notify, Why::Missing),
        (
            Sighting::Missing,
            Match::Ambiguous,
            Do::Notify,
            Why::Ambiguous,
        ),
    ] {
        let leak = Leak {
            certainty,
            sighting,
            ..LEAK
        };
        let expected = Decision { action, because };
        assert_eq!(decide(&leak, &policy, NOW), expected, "{sighting:?}");
    }
}

/// Of whom nobody knows who it is, it may be one whose tokens are left alone.
#[test]
fn an_owner_whom_nobody_knows_may_be_allowed() {
    use {Action as Do, Because as Why};
    let allowed = |whom, until| Allowed {
        whom,
        reason: "a test account".to_owned(),
        until: Timestamp(until),
    };
    let owner = || Whom::Owner("bob@example.org".to_owned());
    let other = || Whom::C3id("another".to_owned());
    let known = LEAK.owner;
    let places = [
        (Visibility::Public, ExposureRule::Public),
        (Visibility::Unknown, ExposureRule::Any),
    ];
    for (visibility, exposure) in places {
        for (account, list, action, because) in [
            (
                None,
                vec![allowed(owner(), 1_001)],
                Do::Notify,
                Why::OwnerUnknown,
            ),
            (
                None,
                vec![allowed(other(), 1_001), allowed(owner(), 1_001)],
                Do::Notify,
                Why::OwnerUnknown,
            ),
            (
                None,
                vec![allowed(owner(), 1_000)],
                Do::Revoke,
                Why::OperatorOn,
            ),
            (
                None,
                vec![allowed(other(), 1_001)],
                Do::Revoke,
                Why::OperatorOn,
            ),
            (None, Vec::new(), Do::Revoke, Why::OperatorOn),
            (
                known,
                vec![allowed(owner(), 1_001)],
                Do::Revoke,
                Why::OperatorOn,
            ),
        ] {
            let policy = Policy {
                allowed: list,
                ..policy(AutoRevoke::On, exposure)
            };
            let leak = Leak {
                owner: account,
                visibility,
                ..LEAK
            };
            let expected = Decision { action, because };
            assert_eq!(decide(&leak, &policy, NOW), expected, "{account:?}");
        }
    }
    // Why it is told otherwise says more.
    let policy = Policy {
        allowed: vec![allowed(owner(), 1_001)],
        ..policy(AutoRevoke::Off, ExposureRule::Any)
    };
    let leak = Leak {
        owner: None,
        ..LEAK
    };
    assert_eq!(decide(&leak, &policy, NOW).because, Why::OperatorOff);
}

#[test]
fn only_what_works_counts() {
    let policy = policy(AutoRevoke::On, ExposureRule::Any);
    for (validity, because) in [
        (Validity::Inactive, Because::Dead),
        (Validity::Unknown, Because::NotConfirmed),
    ] {
        let leak = Leak { validity, ..LEAK };
        let action = Action::Nothing;
        assert_eq!(decide(&leak, &policy, NOW), Decision { action, because });
    }
}

#[test]
fn what_is_allowed_is_left_alone_until_then() {
    let allowed = |whom| Allowed {
        whom,
        reason: "a test account".to_owned(),
        until: Timestamp(1_001),
    };
    for (whom, covers) in [
        (Whom::C3id("C3ID".to_owned()), true),
        (Whom::C3id("c3id".to_owned()), false),
        (Whom::Owner("ann@example.ORG".to_owned()), true),
        (Whom::Owner("bob@example.org".to_owned()), false),
    ] {
        let policy = Policy {
            allowed: vec![allowed(whom.clone())],
            ..policy(AutoRevoke::On, ExposureRule::Any)
        };
        let because = Because::Allowed(&policy.allowed[0]);
        let left_alone = Decision {
            action: Action::Nothing,
            because,
        };
        let revoked = Decision {
            action: Action::Revoke,
            because: Because::OperatorOn,
        };
        let expected = if covers { left_alone } else { revoked };
        assert_eq!(decide(&LEAK, &policy, NOW), expected, "{whom:?}");
        assert_eq!(decide(&LEAK, &policy, Timestamp(1_001)), revoked);
        let another = Leak {
            owner: Some("eve@example.org"),
            c3id: "another",
            ..LEAK
        };
        assert_eq!(decide(&another, &policy, NOW), revoked);
    }
}
