//! The only code that opens network connections.
