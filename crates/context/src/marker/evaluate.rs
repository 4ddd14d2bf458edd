//! Whether a marker holds: true, false or not known.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::{Comparator, Node, Operand, Variable};
use crate::requirement::normalize_name;

/// What is known of the interpreter that packages are installed for. `None` means not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Major and minor version: `3.12`.
    pub python_version: Option<String>,
    /// The version with its last part: `3.12.4`.
    pub python_full_version: Option<String>,
    /// `posix` on Linux.
    pub os_name: Option<String>,
    /// `linux` on Linux.
    pub sys_platform: Option<String>,
    /// The kernel's release.
    pub platform_release: Option<String>,
    /// `Linux` on Linux.
    pub platform_system: Option<String>,
    /// The kernel's version text.
    pub platform_version: Option<String>,
    /// The processor as `uname -m` names it: `x86_64`, `aarch64`.
    pub platform_machine: Option<String>,
    /// `CPython`, `PyPy`.
    pub platform_python_implementation: Option<String>,
    /// `cpython`, `pypy`.
    pub implementation_name: Option<String>,
    /// The version of the implementation; that of Python for CPython.
    pub implementation_version: Option<String>,
    /// The extras that are asked for; an empty list when it is known that none is.
    pub extras: Option<Vec<String>>,
    /// The dependency groups that are asked for (PEP 751 locks).
    pub dependency_groups: Option<Vec<String>>,
}

impl Environment {
    /// CPython on Linux. `python` is `3.12` or `3.12.4`, `machine` is what `uname -m` says.
    pub fn linux(python: Option<&str>, machine: Option<&str>) -> Environment {
        let own = |text: &str| Some(text.to_owned());
        let is_full = python.is_some_and(|it| it.matches('.').count() > 1);
        let full_version = python.filter(|_| is_full).map(str::to_owned);
        Environment {
            python_version: python.and_then(minor_version),
            python_full_version: full_version.clone(),
            os_name: own("posix"),
            sys_platform: own("linux"),
            platform_system: own("Linux"),
            platform_machine: machine.map(str::to_owned),
            platform_python_implementation: own("CPython"),
            implementation_name: own("cpython"),
            implementation_version: full_version,
            ..Environment::default()
        }
    }

    fn get(&self, variable: Variable) -> Option<&str> {
        match variable {
            Variable::PythonVersion => self.python_version.as_deref(),
            Variable::PythonFullVersion => self.python_full_version.as_deref(),
            Variable::OsName => self.os_name.as_deref(),
            Variable::SysPlatform => self.sys_platform.as_deref(),
            Variable::PlatformRelease => self.platform_release.as_deref(),
            Variable::PlatformSystem => self.platform_system.as_deref(),
            Variable::PlatformVersion => self.platform_version.as_deref(),
            Variable::PlatformMachine => self.platform_machine.as_deref(),
            Variable::PlatformPythonImplementation => {
                self.platform_python_implementation.as_deref()
            }
            Variable::ImplementationName => self.implementation_name.as_deref(),
            Variable::ImplementationVersion => self.implementation_version.as_deref(),
            Variable::Extra | Variable::Extras | Variable::DependencyGroups => None,
        }
    }
}

/// `3.12` of `3.12.4`; `None` when there is no minor version.
fn minor_version(version: &str) -> Option<String> {
    let version = Version::from_str(version).ok()?;
    match version.release() {
        [major, minor, ..] => Some(format!("{major}.{minor}")),
        _ => None,
    }
}

pub(super) fn node(node_: &Node, environment: &Environment) -> Option<bool> {
    match node_ {
        Node::All(nodes) => join(nodes, environment, false),
        Node::Any(nodes) => join(nodes, environment, true),
        Node::Comparison(Operand::Variable(variable), comparator, Operand::Text(text)) => {
            compare(*variable, *comparator, text, true, environment)
        }
        Node::Comparison(Operand::Text(text), comparator, Operand::Variable(variable)) => {
            compare(*variable, *comparator, text, false, environment)
        }
        Node::Comparison(..) => None,
    }
}

/// One node that is `deciding` decides; without one, one that is not known leaves everything unknown.
fn join(nodes: &[Node], environment: &Environment, deciding: bool) -> Option<bool> {
    let mut res = Some(!deciding);
    for it in nodes {
        match node(it, environment) {
            Some(answer) if answer == deciding => return Some(deciding),
            Some(_) => {}
            None => res = None,
        }
    }
    res
}

fn compare(
    variable: Variable,
    comparator: Comparator,
    text: &str,
    variable_is_left: bool,
    environment: &Environment,
) -> Option<bool> {
    match variable {
        Variable::Extra => return has_extra(environment.extras.as_deref()?, comparator, text),
        Variable::Extras => {
            return is_in_set(environment.extras.as_deref()?, comparator, text);
        }
        Variable::DependencyGroups => {
            return is_in_set(environment.dependency_groups.as_deref()?, comparator, text);
        }
        _ => {}
    }
    let is_python = matches!(variable, Variable::PythonVersion | Variable::PythonFullVersion);
    if is_python && environment.get(variable).is_none() {
        return compare_python(variable, comparator, text, variable_is_left, environment);
    }
    let value = environment.get(variable)?;
    compare_values(variable, comparator, text, variable_is_left, value)
}

/// The answer when only the other one of `python_version` and `python_full_version` is known.
fn compare_python(
    variable: Variable,
    comparator: Comparator,
    text: &str,
    variable_is_left: bool,
    environment: &Environment,
) -> Option<bool> {
    if variable == Variable::PythonVersion {
        let minor = minor_version(environment.python_full_version.as_deref()?)?;
        return compare_values(variable, comparator, text, variable_is_left, &minor);
    }
    let minor = environment.python_version.as_deref()?;
    let Comparator::Sign(sign) = comparator else { return None };
    let is_this_minor = minor_version(text).as_deref() == Some(minor);
    if matches!(sign, "==" | "!=" | "===") && is_this_minor && !text.contains('*') {
        return None;
    }
    // No version of Python has as many patch releases; what holds for both ends holds between.
    let ends = [format!("{minor}.0"), format!("{minor}.999")];
    let [first, last] =
        ends.map(|it| compare_values(variable, comparator, text, variable_is_left, &it));
    first.filter(|_| first == last)
}

fn compare_values(
    variable: Variable,
    comparator: Comparator,
    text: &str,
    variable_is_left: bool,
    value: &str,
) -> Option<bool> {
    let (left, right) = if variable_is_left { (value, text) } else { (text, value) };
    let sign = match comparator {
        Comparator::In => return Some(right.contains(left)),
        Comparator::NotIn => return Some(!right.contains(left)),
        Comparator::Sign(sign) => sign,
    };
    let is_version = matches!(
        variable,
        Variable::PythonVersion
            | Variable::PythonFullVersion
            | Variable::ImplementationVersion
            | Variable::PlatformRelease
    );
    if is_version && let Ok(specifier) = VersionSpecifier::from_str(&format!("{sign}{right}")) {
        return Some(Version::from_str(left).is_ok_and(|it| specifier.contains(&it)));
    }
    // Texts have no order: only equality can be asked.
    match sign {
        "==" | "===" => Some(left == right),
        "!=" => Some(left != right),
        ">=" | "<=" => Some(left == right),
        "<" | ">" => Some(false),
        _ => None,
    }
}

fn has_extra(extras: &[String], comparator: Comparator, text: &str) -> Option<bool> {
    let is_asked_for = extras.iter().any(|it| normalize_name(it) == normalize_name(text));
    match comparator {
        Comparator::Sign("==" | "===") => Some(is_asked_for),
        Comparator::Sign("!=") => Some(!is_asked_for),
        Comparator::In | Comparator::NotIn => {
            let is_in = extras.iter().any(|it| text.contains(it.as_str()));
            Some(is_in == (comparator == Comparator::In))
        }
        Comparator::Sign(_) => None,
    }
}

fn is_in_set(set: &[String], comparator: Comparator, text: &str) -> Option<bool> {
    let is_in = set.iter().any(|it| normalize_name(it) == normalize_name(text));
    match comparator {
        Comparator::In => Some(is_in),
        Comparator::NotIn => Some(!is_in),
        Comparator::Sign(_) => None,
    }
}
