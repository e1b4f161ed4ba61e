//! Hooks, driven by git itself: commits, pushes, and what is in the way of them.

mod commit;
mod doctor;
mod install;
mod message;
mod push;
mod receive;
mod repo;
mod server;
