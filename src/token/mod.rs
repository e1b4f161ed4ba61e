//! What an Azure DevOps token is: its forms, their proofs, its id, and minting.
//!
//! Both generations of personal access token carry a checksum with a public seed, so that a token
//! is proven from its characters alone. The formats are described in `docs/formats.md`; this is
//! the only room that knows them.
//!
//! | form | length | proof | module |
//! |---|---|---|---|
//! | personal access token, application secret (until 2024) | 52 | CRC-32 | [`legacy`] |
//! | personal access token (since July 2024) | 84 or 88 | Marvin32 | [`cask`] |
//! | OAuth access token | any | none offline: shape and issuer | [`jwt`] |

mod c3id;
pub mod cask;
mod digest;
pub mod explain;
pub mod jwt;
pub mod legacy;
mod marvin;
pub mod mint;
mod planes;
#[cfg(test)]
mod vectors;

pub use c3id::{C3ID_LEN, Salt, c3id, is_c3id, is_c3id_digit, salted};
pub use digest::digest;
