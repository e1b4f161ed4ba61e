//! Acts on confirmed leaks. Nothing outside is changed before the journal says that it will be.

pub mod journal;
