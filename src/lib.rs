//! patsweep finds leaked Azure DevOps tokens and proves them offline.
//!
//! ```text
//! sources ──chunk──▶ detect ──candidate──▶ triage ──finding──▶ verify ──▶ report
//!    └──────problem─────────────────────────────────────────────────────────▲
//! ```
//!
//! Bytes never cross a channel: a source pushes them into a [`model::Sink`], the detector behind
//! it runs on the same thread, and only [`model::Candidate`]s and [`model::Problem`]s travel on.
//! The rooms and who may import whom are described in `docs/architecture.md`.

pub mod cli;
pub mod detect;
pub mod gate;
pub mod handoff;
pub mod model;
pub mod policy;
pub mod providers;
pub mod report;
pub mod respond;
pub mod rules;
pub mod scan;
pub mod sources;
pub mod token;
pub mod triage;
pub mod verify;
