//! The multi-stage rewrite: what goes to a builder stage and why, and the edits that make it so.
//!
//! [`plan`] decides, without writing anything, what each command of a stage is there for and where it belongs;
//! [`print`] writes the plan as edits. Both tell why where they cannot. Does no IO.

mod along;
mod compiled;
mod copied;
mod deed;
mod environment;
mod explain;
mod manager;
mod offer;
mod packages;
mod pip;
mod pip_text;
mod plan;
mod presence;
mod print;
mod share;
mod slim;
mod stage;
mod surroundings;
mod words;

pub use explain::explain;
pub use offer::offer;
pub use plan::{
    Builder, Judged, Part, Plan, Refusal, Shape, Shipped, StepPlan, Transfer, Verdict, WHEELS,
};
pub use print::print;
pub use stage::plan;

#[cfg(test)]
mod tests;
