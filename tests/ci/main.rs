//! `ci` in the environments that services document, on repositories of real git.

mod bad_input;
mod depth;
mod formats;
mod ranges;
mod steering;
mod world;
