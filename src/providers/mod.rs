//! The only code that opens network connections.
//!
//! | file | what |
//! |---|---|
//! | `http` | the client: no redirects, bounded bodies and times, credentials that no log shows |
//! | `scrub` | takes a token out of what the service answers |
//! | `azure_devops` | the service: hosts, requests, and what its answers mean |
//! | `entra` | signing in as an administrator |
//! | `notify` | mail and webhooks |
//! | `crash` | points at which tests end the program |

pub mod azure_devops;
pub(crate) mod crash;
pub mod entra;
pub mod http;
pub mod notify;
mod scrub;

pub use scrub::Scrubber;
