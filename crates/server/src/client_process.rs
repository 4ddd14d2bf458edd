//! The process of the client, which may die while something else holds its pipes open: a wrapper, or a child of its own.

/// Ends this process soon after the client's is gone, as the protocol asks. A number that means nothing here, such as one of
/// another container, is passed over. Only where processes can be asked for without a right to do anything to them.
#[cfg(unix)]
pub(crate) fn follow(id: u32) {
    use std::time::Duration;

    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    const PAUSE: Duration = Duration::from_secs(3);
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else { return };
    let is_gone = move || test_kill_process(pid) == Err(Errno::SRCH);
    if is_gone() {
        return;
    }
    tokio::spawn(async move {
        while !is_gone() {
            tokio::time::sleep(PAUSE).await;
        }
        std::process::exit(1);
    });
}

/// Elsewhere the end of its pipes alone tells that the client is gone.
#[cfg(not(unix))]
pub(crate) fn follow(_: u32) {}
