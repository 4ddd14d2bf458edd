//! Environment markers (PEP 508): `python_version < "3.12" and sys_platform == "linux"`.

use std::ops::Range;

mod evaluate;

pub use evaluate::Environment;

/// A marker, read. [`Marker::evaluate`] says whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    root: Node,
}

/// What is wrong with a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerError {
    /// The bytes of the marker's text that are wrong; empty where something is missing.
    pub range: Range<usize>,
    /// What is wrong and what may stand there.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Comparison(Operand, Comparator, Operand),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Variable(Variable),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    In,
    NotIn,
    /// The operator as it is written.
    Sign(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    PythonVersion,
    PythonFullVersion,
    OsName,
    SysPlatform,
    PlatformRelease,
    PlatformSystem,
    PlatformVersion,
    PlatformMachine,
    PlatformPythonImplementation,
    ImplementationName,
    ImplementationVersion,
    Extra,
    Extras,
    DependencyGroups,
}

/// All names of PEP 508 with their dotted forms of before, and the two sets of PEP 751.
const VARIABLES: [(&str, Variable); 20] = [
    ("python_version", Variable::PythonVersion),
    ("python_full_version", Variable::PythonFullVersion),
    ("os_name", Variable::OsName),
    ("os.name", Variable::OsName),
    ("sys_platform", Variable::SysPlatform),
    ("sys.platform", Variable::SysPlatform),
    ("platform_release", Variable::PlatformRelease),
    ("platform_system", Variable::PlatformSystem),
    ("platform_version", Variable::PlatformVersion),
    ("platform.version", Variable::PlatformVersion),
    ("platform_machine", Variable::PlatformMachine),
    ("platform.machine", Variable::PlatformMachine),
    ("platform_python_implementation", Variable::PlatformPythonImplementation),
    ("platform.python_implementation", Variable::PlatformPythonImplementation),
    ("python_implementation", Variable::PlatformPythonImplementation),
    ("implementation_name", Variable::ImplementationName),
    ("implementation_version", Variable::ImplementationVersion),
    ("extra", Variable::Extra),
    ("extras", Variable::Extras),
    ("dependency_groups", Variable::DependencyGroups),
];

/// Longer ones first, so that the first that fits is the one that is written.
const SIGNS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Parentheses within parentheses; real markers have two or three, and the parser calls itself for each.
const MAX_DEPTH: usize = 64;

impl Marker {
    /// Reads a marker, without the `;` before it.
    pub fn parse(text: &str) -> Result<Marker, MarkerError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let root = parser.any()?;
        if parser.at < text.len() {
            let message = "the marker ends before this; join two comparisons with `and` or `or`";
            return Err(parser.error(parser.at..text.len(), message));
        }
        Ok(Marker { root })
    }

    /// Whether the marker holds in `environment`; `None` when that depends on something that is not known.
    pub fn evaluate(&self, environment: &Environment) -> Option<bool> {
        evaluate::node(&self.root, environment)
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn any(&mut self) -> Result<Node, MarkerError> {
        let mut choices = Vec::new();
        let mut all = vec![self.atom()?];
        loop {
            if self.eat_word("and") {
                all.push(self.atom()?);
            } else if self.eat_word("or") {
                choices.push(joined(std::mem::take(&mut all), Node::All));
                all.push(self.atom()?);
            } else {
                choices.push(joined(all, Node::All));
                return Ok(joined(choices, Node::Any));
            }
        }
    }

    fn atom(&mut self) -> Result<Node, MarkerError> {
        self.skip_space();
        let start = self.at;
        if !self.eat("(") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(start..start + 1, "too many parentheses within parentheses"));
        }
        let node = self.any()?;
        self.skip_space();
        if !self.eat(")") {
            return Err(self.error(start..start + 1, "this `(` has no closing `)`"));
        }
        self.skip_space();
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, MarkerError> {
        let left = self.operand()?;
        let comparator = self.comparator()?;
        let right = self.operand()?;
        self.skip_space();
        Ok(Node::Comparison(left, comparator, right))
    }

    fn operand(&mut self) -> Result<Operand, MarkerError> {
        self.skip_space();
        let start = self.at;
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|it| matches!(it, '"' | '\'')) {
            let Some(length) = rest[1..].find(quote) else {
                return Err(self.error(start..self.text.len(), "the closing quote is missing"));
            };
            self.at += length + 2;
            return Ok(Operand::Text(rest[1..=length].to_owned()));
        }
        let is_in_word = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
        let length = rest.find(|it| !is_in_word(it)).unwrap_or(rest.len());
        let word = &rest[..length];
        match VARIABLES.iter().find(|it| it.0 == word) {
            Some((_, variable)) => {
                self.at += length;
                Ok(Operand::Variable(*variable))
            }
            None if word.is_empty() => {
                Err(self.error(start..start, "a marker variable or a quoted text is missing"))
            }
            None => {
                let message = format!("`{word}` is no marker variable; text must stand in quotes");
                Err(self.error(start..start + length, &message))
            }
        }
    }

    fn comparator(&mut self) -> Result<Comparator, MarkerError> {
        self.skip_space();
        if let Some(sign) = SIGNS.into_iter().find(|it| self.rest().starts_with(it)) {
            self.at += sign.len();
            return Ok(Comparator::Sign(sign));
        }
        if self.eat_word("in") {
            return Ok(Comparator::In);
        }
        let start = self.at;
        if self.eat_word("not") {
            self.skip_space();
            if self.eat_word("in") {
                return Ok(Comparator::NotIn);
            }
            return Err(self.error(start..self.at, "`in` is missing after `not`"));
        }
        Err(self.error(start..start, "a comparison such as `==`, `>=` or `in` is missing"))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_space(&mut self) {
        self.at += self.rest().bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let is_next = self.rest().starts_with(wanted);
        self.at += if is_next { wanted.len() } else { 0 };
        is_next
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let after = self.rest().strip_prefix(wanted);
        let is_next =
            after.is_some_and(|it| !it.starts_with(|it: char| it.is_alphanumeric() || it == '_'));
        self.at += if is_next { wanted.len() } else { 0 };
        is_next
    }

    fn error(&self, range: Range<usize>, message: &str) -> MarkerError {
        MarkerError { range, message: message.to_owned() }
    }
}

fn joined(mut nodes: Vec<Node>, join: impl Fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            join(nodes)
        }
    }
}

#[cfg(test)]
mod tests;
