//! How far a long run is: a line that rewrites itself, on a terminal only.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Shorter runs show nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// Between two lines.
const PAUSE: Duration = Duration::from_millis(100);
/// To the start of the line, and empties it.
const CLEAR: &str = "\r\u{1b}[2K";

/// Counts files that are done.
pub(crate) struct Progress {
    n_files: usize,
    n_done: AtomicUsize,
    is_on: bool,
    is_shown: AtomicBool,
    /// When the next line is due.
    due: Mutex<Instant>,
}

impl Progress {
    /// Of so many files; shown when a person may wait for them at a terminal.
    pub(crate) fn new(n_files: usize, is_quiet: bool) -> Progress {
        let is_dumb = std::env::var_os("TERM").is_none_or(|it| it == "dumb");
        let is_on = n_files > 1 && !is_quiet && !is_dumb && io::stderr().is_terminal();
        Progress {
            n_files,
            n_done: AtomicUsize::new(0),
            is_on,
            is_shown: AtomicBool::new(false),
            due: Mutex::new(Instant::now() + PATIENCE),
        }
    }

    /// One more file is done.
    pub(crate) fn tick(&self) {
        let n_done = self.n_done.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.is_on {
            return;
        }
        // Who does not get the lock leaves the line to who has it.
        if let Ok(mut due) = self.due.try_lock()
            && *due <= Instant::now()
        {
            *due = Instant::now() + PAUSE;
            self.is_shown.store(true, Ordering::Relaxed);
            print(&format!("{CLEAR}Checked {n_done} of {} files", self.n_files));
        }
    }

    /// Takes the line away, so that something else can be printed.
    pub(crate) fn clear(&self) {
        if self.is_shown.swap(false, Ordering::Relaxed) {
            print(CLEAR);
        }
    }
}

/// There is nobody to tell if that fails.
fn print(text: &str) {
    let mut errors = io::stderr().lock();
    let _nobody_to_tell = errors.write_all(text.as_bytes()).and_then(|()| errors.flush());
}
