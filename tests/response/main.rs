//! Revokes tokens at a stand-in for Azure DevOps, as responders do: with the program.

#[path = "../inventory/bench.rs"]
#[expect(dead_code, reason = "the tests of the inventory need more of it")]
mod bench;
#[path = "../fake_azure_devops/checks/client.rs"]
#[expect(
    dead_code,
    reason = "the checks of the stand-in itself need more of it"
)]
mod client;
#[path = "../shared/registry.rs"]
mod registry;
#[path = "../fake_azure_devops/service/mod.rs"]
mod service;

mod audit;
#[cfg(feature = "crash-points")]
mod crash;
mod doubt;
mod enforce;
mod execute;
mod faults;
mod logged;
mod notify;
mod outside;
mod plan;
mod policy;
mod remains;
mod responder;
mod rivals;
mod routes;
mod runbook;
mod scenarios;
mod sealed;
mod stage;
mod timeline;
mod trouble;
