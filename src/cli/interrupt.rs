//! Ctrl-C: the first ends the scan and reports what was found, the second ends the program.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::console::Console;

/// What a shell shows for a program that Ctrl-C ended.
const CODE: i32 = 130;

/// Sets `stop` on Ctrl-C, on `SIGTERM` and on `SIGHUP`.
///
/// # Errors
///
/// Where the system takes no handler.
pub(super) fn listen(stop: &Arc<AtomicBool>, console: Console) -> Result<(), ctrlc::Error> {
    let stop = stop.clone();
    ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            // The scan may hang in a read that no flag ends; there is no other way out of here.
            process::exit(CODE);
        }
        console.note("interrupted; reporting what was found (press Ctrl-C again to quit at once)");
    })
}
