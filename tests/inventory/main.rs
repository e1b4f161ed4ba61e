//! Looks tokens up in the list of a stand-in for Azure DevOps, as administrators do: with the
//! program.

#[path = "../fake_azure_devops/checks/client.rs"]
#[expect(
    dead_code,
    reason = "the checks of the stand-in itself need more of it"
)]
mod client;
#[path = "../fake_azure_devops/service/mod.rs"]
mod service;
#[path = "../shared/traces.rs"]
mod traces;

mod auth_check;
mod bench;
mod lookup;
mod owners;
mod renewal;
mod secrecy;
mod sign_in;
mod state;
mod trouble;
