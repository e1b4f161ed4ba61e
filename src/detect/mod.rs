//! detect

pub(crate) mod context;
