//! Programs of others that run ours or read what it writes: managers of hooks, and the validator of
//! code scanning services.

mod managers;
mod multitool;
mod pre_commit;
#[path = "../shared/registry.rs"]
mod registry;
#[path = "../hooks/repo.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of hooks, which need more of it"
)]
mod repo;
