//! Asks the service about each token at most once, and says what a token that works can do.

pub mod consumers;
pub mod probes;
pub mod radius;
pub mod scopes;
