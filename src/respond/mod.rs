//! Acts on confirmed leaks. Nothing outside is changed before the journal says that it will be.
//!
//! ```text
//! findings ─▶ policy::decide ─▶ plan ──confirmed──▶ revoke ─▶ service
//!               ▲                                  │    ▲
//!             tenant                               ▼    │ lookup
//!                                               journal ──owed──▶ notify ─▶ people
//! ```

pub mod audit;
pub mod journal;
pub mod listing;
pub mod matching;
pub mod mechanism;
pub mod notify;
pub mod plan;
pub mod revoke;
pub mod survey;
pub mod tenant;
pub mod timeline;
