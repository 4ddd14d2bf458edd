//! Standard output and standard error: buffered, and silent when nobody reads any more.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};

use anstyle::{AnsiColor, Style};

use crate::arguments::Color;

/// Bold red, for errors.
pub(crate) const RED: Style = AnsiColor::BrightRed.on_default().bold();
/// Bold yellow, for warnings.
pub(crate) const YELLOW: Style = AnsiColor::BrightYellow.on_default().bold();
/// Bold cyan, for what is worth knowing.
pub(crate) const CYAN: Style = AnsiColor::BrightCyan.on_default().bold();
/// Green, for what is added or can be done.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// For what must be seen first.
pub(crate) const BOLD: Style = Style::new().bold();
/// For frames and numbers of lines.
pub(crate) const FRAME: Style = AnsiColor::Blue.on_default();

/// `text` in a style, or plain.
pub(crate) fn styled(text: impl Display, style: Style, has_colors: bool) -> String {
    if has_colors { format!("{style}{text}{style:#}") } else { text.to_string() }
}

/// Whether a stream gets colours.
pub(crate) fn has_colors(
    color: Color,
    stream: &(impl IsTerminal + anstream::stream::RawStream),
) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

/// Standard output. After its reader has gone, what is written is dropped and the work goes on: fixes must not
/// stop half-way because of `| head`.
pub(crate) struct Output {
    stream: BufWriter<StdoutLock<'static>>,
    failure: Option<io::Error>,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output { stream: BufWriter::with_capacity(64 * 1024, io::stdout().lock()), failure: None }
    }

    /// Prints a text.
    pub(crate) fn print(&mut self, text: &str) {
        if self.failure.is_none()
            && let Err(error) = self.stream.write_all(text.as_bytes())
        {
            self.failure = Some(error);
        }
    }

    /// Sends what was printed so far, for a reader who waits for it.
    pub(crate) fn flush(&mut self) {
        if self.failure.is_none()
            && let Err(error) = self.stream.flush()
        {
            self.failure = Some(error);
        }
    }

    /// Whether nothing that is printed from now on arrives anywhere.
    pub(crate) fn is_closed(&self) -> bool {
        self.failure.is_some()
    }

    /// Sends what is left; false when something could not be written for another reason than a reader that left.
    pub(crate) fn finish(mut self) -> bool {
        self.flush();
        match self.failure {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let mut errors = ErrorOutput::new(Color::Never);
                errors.error(format_args!("cannot write to standard output: {error}"));
                false
            }
            _ => true,
        }
    }
}

/// Standard error, for what is not a finding.
pub(crate) struct ErrorOutput {
    has_colors: bool,
}

impl ErrorOutput {
    pub(crate) fn new(color: Color) -> ErrorOutput {
        ErrorOutput { has_colors: has_colors(color, &io::stderr()) }
    }

    /// Whether the stream gets colours.
    pub(crate) fn has_colors(&self) -> bool {
        self.has_colors
    }

    /// Something could not be done.
    pub(crate) fn error(&mut self, text: impl Display) {
        let word = styled("error", RED, self.has_colors);
        self.print(&format!("{word}: {text}\n"));
    }

    /// Something that may not be what was meant.
    pub(crate) fn warning(&mut self, text: impl Display) {
        let word = styled("warning", YELLOW, self.has_colors);
        self.print(&format!("{word}: {text}\n"));
    }

    /// Prints as it is. There is nobody to tell if that fails.
    pub(crate) fn print(&mut self, text: &str) {
        let _nobody_to_tell = io::stderr().lock().write_all(text.as_bytes());
    }
}
