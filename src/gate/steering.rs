//! Files of a repository that steer hooks and `ci`, and whose version of them is read.

/// The configuration of a repository, in its root.
pub const CONFIG_NAME: &str = "patsweep.toml";

/// What is left out of a folder.
pub const IGNORE_NAME: &str = ".patsweepignore";
