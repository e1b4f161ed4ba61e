//! The progress line on a terminal.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::scan::Progress;
use crate::verify;

/// Shorter runs show nothing.
const DELAY: Duration = Duration::from_millis(300);
/// Between two redraws.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on standard error that follows a run, and goes away when dropped.
pub(super) struct Line {
    /// Dropping it ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Follows a scan.
    pub(super) fn start(progress: Arc<Progress>) -> Self {
        Self::follow(move |elapsed| message(&progress, elapsed))
    }

    /// Follows what asks the service.
    pub(super) fn asking(progress: Arc<verify::Progress>) -> Self {
        Self::follow(move |_| asking(&progress))
    }

    /// Shows what `message` says after that time.
    fn follow(message: impl Fn(Duration) -> String + Send + 'static) -> Self {
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let waits = |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            let start = Instant::now();
            if !waits(DELAY) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            loop {
                bar.set_message(message(start.elapsed()));
                bar.tick();
                if !waits(INTERVAL) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A progress line that panicked is no reason to lose the report.
            let _ = thread.join();
        }
    }
}

fn message(progress: &Progress, elapsed: Duration) -> String {
    let bytes = progress.bytes();
    let millis = elapsed.as_millis().max(1);
    let rate = u64::try_from(u128::from(bytes) * 1000 / millis).unwrap_or(u64::MAX);
    let findings = progress.findings();
    let objects = match progress.objects() {
        0 => String::new(),
        objects => format!("{} objects, ", HumanCount(objects)),
    };
    format!(
        "{} files, {objects}{}, {}/s, {} {}",
        HumanCount(progress.files()),
        DecimalBytes(bytes),
        DecimalBytes(rate),
        HumanCount(findings),
        if findings == 1 { "finding" } else { "findings" },
    )
}

fn asking(progress: &verify::Progress) -> String {
    let listed = match progress.listed() {
        0 => String::new(),
        1 => "1 list read, ".to_owned(),
        listed => format!("{} lists read, ", HumanCount(listed)),
    };
    let requests = progress.requests();
    format!(
        "asking Azure DevOps: {listed}{} {}, {} settled",
        HumanCount(requests),
        if requests == 1 { "request" } else { "requests" },
        HumanCount(progress.settled()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_known() {
        let progress = Progress::default();
        assert_eq!(
            message(&progress, Duration::ZERO),
            "0 files, 0 B, 0 B/s, 0 findings"
        );
        assert_eq!(
            asking(&verify::Progress::default()),
            "asking Azure DevOps: 0 requests, 0 settled"
        );
    }

    #[test]
    fn a_short_run_ends_the_thread_at_once() {
        let start = Instant::now();
        drop(Line::start(Arc::new(Progress::default())));
        assert!(start.elapsed() < DELAY);
    }
}
