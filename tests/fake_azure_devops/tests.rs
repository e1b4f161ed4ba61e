//! Holds the stand-in for Azure DevOps to the catalogue of what the service answers.

#[path = "checks/access.rs"]
mod access;
#[path = "checks/client.rs"]
mod client;
mod service;
