//! Dockerfile text to instructions, words, comments and heredocs, each with its exact bytes; never fails.
//!
//! The reading follows BuildKit's parser to the byte, quirks included, because a linter that reads a file
//! differently from the builder reports on a file that does not exist. Where BuildKit stops at the first
//! error, this parser records it and goes on.

mod arguments;
mod directive;
mod duration;
mod excerpt;
mod file;
mod flag;
mod flag_value;
mod heredoc;
mod image_name;
mod instruction;
mod json;
mod lex;
mod line;
mod mount_value;
mod span;
mod stage_value;
mod suggestion;
mod validity;
mod value;

pub use arguments::{Arguments, Pair, Word};
pub use directive::Directive;
pub use excerpt::Excerpt;
pub use file::{File, Part, PartKind, SyntaxError, parse};
pub use flag::Flag;
pub use heredoc::Heredoc;
pub use instruction::{Instruction, Keyword};
pub use lex::{Expansion, LexError, expand, unquote, variables};
pub use line::{LineIndex, line_end};
pub use span::Span;
pub use suggestion::closest;
