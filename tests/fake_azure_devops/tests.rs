//! Holds the stand-in for Azure DevOps to the catalogue of what the service answers.

#[path = "checks/access.rs"]
mod access;
#[path = "checks/administration.rs"]
mod administration;
#[path = "checks/client.rs"]
mod client;
#[path = "checks/evidence.rs"]
mod evidence;
#[path = "checks/faults.rs"]
mod faults;
#[path = "checks/program.rs"]
mod program;
mod service;
