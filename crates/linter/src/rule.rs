//! A rule: its facts, its page and the function that looks for it.

use model::Build;

use crate::{Date, Diagnostic, Settings, Severity, WheelTransfer};

/// One rule. Each lives in a module of its own as `static RULE: Rule`.
pub struct Rule {
    /// Kebab-case, subject first, named for what is wrong.
    pub name: &'static str,
    /// How much a finding matters unless configured otherwise.
    pub severity: Severity,
    /// What kind of fix it may offer.
    pub repair: Repair,
    /// Names of the same thing in other linters; accepted wherever a name is accepted.
    pub aliases: &'static [&'static str],
    /// The version of pylintdock that brought it.
    pub since: &'static str,
    /// Whether it runs without being selected.
    pub is_on_by_default: bool,
    /// Whether it runs although only other rules are selected: what the others say of a file that cannot be read is
    /// worth nothing. It can be ignored by name, or with `all`.
    pub is_always_on: bool,
    /// The Markdown page `rules/<name>.md`.
    pub page: &'static str,
    /// Looks at one Dockerfile and reports what it finds.
    pub check: fn(&Build<'_>, &mut Reports<'_>),
}

/// What kind of fix a rule may offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// None.
    Never,
    /// Always safe where there is one.
    Safe,
    /// Safe where it can be proved, otherwise unsafe.
    SafeOrUnsafe,
    /// Always unsafe.
    Unsafe,
    /// A person must complete it.
    Manual,
}

impl Repair {
    /// As it is written on a page.
    pub fn name(self) -> &'static str {
        match self {
            Repair::Never => "no fix",
            Repair::Safe => "safe fix",
            Repair::SafeOrUnsafe => "safe fix where it can be proved, else unsafe",
            Repair::Unsafe => "unsafe fix",
            Repair::Manual => "fix to be completed by hand",
        }
    }
}

/// Where the pages are kept.
const PAGES: &str = "https://github.com/pylintdock/pylintdock/blob/main/rules";

/// The address of a rule's page.
pub fn link(rule: &str) -> String {
    format!("{PAGES}/{rule}.md")
}

impl Rule {
    /// The page's first paragraph behind the facts: the harm, in two lines.
    pub fn summary(&self) -> &'static str {
        self.page.split("\n\n").nth(2).unwrap_or("").trim()
    }

    /// The line of facts below a page's title.
    pub fn facts(&self) -> String {
        let mut res = format!("**{}** · {}", self.severity.name(), self.repair.name());
        if !self.aliases.is_empty() {
            let names: Vec<String> = self.aliases.iter().map(|it| format!("`{it}`")).collect();
            res += &format!(" · also known as {}", names.join(", "));
        }
        if !self.is_on_by_default {
            res += &format!(" · off by default, on by `extend-select = [\"{}\"]`", self.name);
        }
        if self.is_always_on {
            res += " · runs whatever is selected";
        }
        res + " · since " + self.since
    }

    /// Whether `name` means this rule: its own name or an alias, aliases in any case.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|it| it.eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.name)
    }
}

/// Where a rule puts what it finds.
pub struct Reports<'r> {
    rule: &'r Rule,
    severity: Severity,
    settings: &'r Settings,
    today: Date,
    found: &'r mut Vec<Diagnostic>,
}

impl<'r> Reports<'r> {
    /// A place for the findings of `rule`, reported as `settings` say.
    pub(crate) fn new(
        rule: &'r Rule,
        settings: &'r Settings,
        today: Date,
        found: &'r mut Vec<Diagnostic>,
    ) -> Reports<'r> {
        let severity = settings.severity(rule);
        Reports { rule, severity, settings, today, found }
    }

    /// How the multi-stage rewrite hands wheels to the shipped stage.
    pub fn wheel_transfer(&self) -> WheelTransfer {
        self.settings.wheel_transfer()
    }

    /// Registries that images may come from; `None` for any.
    pub fn allowed_registries(&self) -> Option<&'r [String]> {
        self.settings.allowed_registries()
    }

    /// The day for which end-of-life dates are judged.
    pub fn today(&self) -> Date {
        self.today
    }

    /// Reports something at `span`; the result takes labels, notes and fixes.
    pub fn report(&mut self, span: syntax::Span, message: impl Into<String>) -> &mut Diagnostic {
        self.found.push(Diagnostic {
            rule: self.rule.name,
            severity: self.severity,
            span,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}
