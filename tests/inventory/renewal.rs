//! A sign-in lasts as long as its token, and no longer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use patsweep::model::{Secret, Timestamp};
use patsweep::providers::azure_devops::Base;
use patsweep::providers::entra::{Application, ClientSecret, Credentials, Directory, Way};
use patsweep::providers::http::HttpOptions;

use crate::bench::Bench;

/// The clock of this test alone.
static NOW: AtomicI64 = AtomicI64::new(1_800_000_000);

fn now() -> Timestamp {
    Timestamp(NOW.load(Ordering::Relaxed))
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let bench = Bench::new();
    let options = HttpOptions {
        direct: true,
        ..HttpOptions::default()
    };
    let base = Base::gateway(&bench.fake.url).expect("loopback");
    let directory = Directory::new(&options, base, None).expect("a directory");
    let application = Application {
        tenant: bench.fake.tenant.clone(),
        client_id: bench.fake.client_id.clone(),
    };
    let secret = Secret::new(bench.fake.client_secret.as_bytes());
    let way = Way::ClientSecret(ClientSecret::new(application, secret));
    let credentials = Credentials::new(way, directory, now);
    let grant = || credentials.grant(Duration::from_secs(10)).expect("a token");
    let signed_in = || bench.asked().len();
    // It lives for 3599 seconds.
    for (later, expected) in [(0, 1), (3298, 1), (1, 2), (3298, 2), (10_000, 3)] {
        NOW.fetch_add(later, Ordering::Relaxed);
        let printed = format!("{:?}", grant());
        assert!(!printed.contains("eyJ"), "{printed}");
        assert_eq!(signed_in(), expected);
    }
    // What still works is used where nobody can be signed in.
    NOW.fetch_add(3400, Ordering::Relaxed);
    bench.order("oauth2", "unavailable", u64::MAX);
    grant();
    NOW.fetch_add(200, Ordering::Relaxed);
    let error = credentials
        .grant(Duration::from_secs(10))
        .expect_err("it ended");
    assert_eq!(
        error.to_string(),
        "sign-in with client secret was answered with 503 and no token"
    );
    let printed = format!("{credentials:?}");
    assert!(!printed.contains(&bench.fake.client_secret), "{printed}");
    assert!(!printed.contains("eyJ"), "{printed}");
}
