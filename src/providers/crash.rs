//! Points at which tests let the program crash: before and after each line of the journal, each
//! request, each mail and each sign-in with another program. Without the feature `crash-points`,
//! which no build has by default, nothing is here.

/// Ends the program at once if this is the point that `PATSWEEP_CRASH_AT` counts to.
#[cfg(feature = "crash-points")]
pub(crate) fn point() {
    use std::sync::atomic::{AtomicU64, Ordering};

    static PASSED: AtomicU64 = AtomicU64::new(0);
    let passed = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    let wanted = std::env::var("PATSWEEP_CRASH_AT").ok();
    if wanted.and_then(|it| it.parse().ok()) == Some(passed) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "crash-points"))]
pub(crate) fn point() {}
