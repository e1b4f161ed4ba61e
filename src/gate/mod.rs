//! Gates: what keeps leaks out, and what takes over from other gates.

pub mod ci;
pub mod doctor;
pub mod hooks;
pub mod import;
pub mod steering;
