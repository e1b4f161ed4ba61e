//! Repositories of real git, scanned by the program. Where there is no git, each test says that it
//! was skipped.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop them like the tests themselves"
)]

mod bounds;
#[cfg(unix)]
mod corners;
mod damage;
mod exotic;
#[cfg(unix)]
mod faults;
mod kinds;
mod ledger;
mod partial;
mod parts;
mod places;
mod program;
#[path = "../shared/random.rs"]
mod random;
mod reach;
mod repo;
mod threads;
mod versions;
