//! Turns a panic while one file is looked at into a message, so that the other files are still done.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Message and place of the latest panic on this thread.
    static LATEST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From now on panics inside [`guarded`] print nothing by themselves.
pub(crate) fn install() {
    static IS_INSTALLED: Once = Once::new();
    IS_INSTALLED.call_once(install_once);
}

fn install_once() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_GUARDED.get() {
            return usual(info);
        }
        let payload = info.payload();
        let literal = payload.downcast_ref::<&str>().copied();
        let message = payload.downcast_ref::<String>().map(String::as_str).or(literal);
        let message = message.unwrap_or("no message");
        let place = info.location().map_or(String::new(), |it| format!(" ({it})"));
        LATEST.set(format!("{message}{place}"));
    }));
}

/// Calls `work`; a panic becomes its message and place. What `work` shares with others must be usable after it was
/// left half-way, as the caches here are.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    IS_GUARDED.set(true);
    let res = panic::catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(false);
    res.map_err(|_| LATEST.take())
}
