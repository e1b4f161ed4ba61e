//! Holds what the compiler does not: who imports whom, which crates stay in which rooms, and
//! what stands in no tracked file. Each check is shown a violation, to prove that it can fail.

mod code;
mod imports;
mod style;
mod tracked;
mod tree;
