//! Minted tokens in whole files as the tools around Azure DevOps write them, and in mixes of
//! encodings: all of them found by the program, each with its place, encodings and organisations.

mod agents;
mod applications;
mod containers;
mod encode;
mod git;
mod mixes;
mod packages;
#[path = "../shared/random.rs"]
mod random;
mod scripts;
mod table;
mod texts;
