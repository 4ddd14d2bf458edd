//! Accounts that the file makes with `useradd` or `adduser`: their numbers and homes.

use shell::Command;

use crate::state::User;
use crate::{Base, Build, Step};

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its number, when it is given.
    pub number: Option<u32>,
    /// Its home directory, when it is certain.
    pub home: Option<String>,
}

/// The account that runs commands at `step`, if it is not root and the file says enough to know it.
pub fn account(build: &Build<'_>, step: &Step<'_>) -> Option<Account> {
    let User::Named(name) = &step.state.user else { return None };
    let number: Option<u32> = name.parse().ok();
    for before in build.steps_before(step) {
        let Some(run) = before.run() else { continue };
        for (script, index, command) in run.commands_with_places() {
            let lookup = |name: &str| build.value_at(before, (script, index), name);
            let Some((made, account)) = made_by(command, &lookup) else { continue };
            if made == *name || number.is_some() && account.number == number {
                let number = account.number.or(number);
                return Some(Account { number, ..account });
            }
        }
    }
    number.map(|it| Account { number: Some(it), home: None })
}

/// The directory of `~` at `step`, when it is certain: HOME, or what the account's entry says.
pub fn home(build: &Build<'_>, step: &Step<'_>) -> Option<String> {
    step.memory.home.get_or_init(|| find_home(build, step)).clone()
}

fn find_home(build: &Build<'_>, step: &Step<'_>) -> Option<String> {
    let is_uncertain = build.environment(step, "HOME").is_none() && !leaves_home_alone(build, step);
    let is_set = build.declared(step, "HOME").is_some();
    let by_account = || account(build, step).filter(|_| !is_set)?.home;
    build.home(step).filter(|_| !is_uncertain).or_else(by_account)
}

/// Whether the base image is known to set no HOME, as those of Red Hat for Python and Node do.
fn leaves_home_alone(build: &Build<'_>, step: &Step<'_>) -> bool {
    const PREFIXES: [&str; 6] =
        ["ghcr.io/astral-sh/", "continuumio/", "condaforge/", "nvidia/", "pytorch/", "tensorflow/"];
    let base = build.stage(step).and_then(|it| build.lineage(it).last()).map(|it| &it.base);
    match base {
        Some(Base::Image { reference, .. }) => {
            let repository = reference.repository.as_str();
            let own =
                ["docker.io/library/", "public.ecr.aws/docker/library/", "docker.io/", "library/"];
            let own = own.iter().find_map(|it| repository.strip_prefix(it)).unwrap_or(repository);
            !own.contains('/') || PREFIXES.iter().any(|it| own.starts_with(it))
        }
        Some(Base::Scratch) => true,
        _ => false,
    }
}

/// The name and the account that a command makes.
fn made_by(
    command: &Command<'_>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<(String, Account)> {
    let program = command.program().filter(|it| matches!(*it, "useradd" | "adduser"))?;
    let is_useradd = program == "useradd";
    let mut account = Account::default();
    let mut names: Vec<String> = Vec::new();
    let mut is_system = false;
    let mut words = command.words.get(1..)?.iter().map(|it| it.resolve(lookup));
    while let Some(word) = words.next() {
        let Some(word) = word else {
            // A word that is not certain is the name or a value; as a name it would not be known either.
            names.push(String::new());
            continue;
        };
        if !word.starts_with('-') || word == "-" {
            names.push(word.into_owned());
            continue;
        }
        let (option, attached) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (&*word, None),
        };
        // `-mu 1000`, `-Dh /app`: the last letter takes the value.
        let letter = option.chars().next_back().filter(|_| !option.starts_with("--"));
        is_system |= option == "--system" || letter.is_some() && option.contains(['r', 'S']);
        let is_number = option == "--uid" || letter == Some('u');
        let is_home = matches!(option, "--home" | "--home-dir")
            || letter == Some(if is_useradd { 'd' } else { 'h' });
        let takes_value = is_number
            || is_home
            || matches!(
                option,
                "--gid"
                    | "--shell"
                    | "--groups"
                    | "--ingroup"
                    | "--gecos"
                    | "--comment"
                    | "--password"
                    | "--firstuid"
                    | "--base-dir"
                    | "--skel"
                    | "--key"
            )
            || letter
                .is_some_and(|it| if is_useradd { "gsGcpbkKefZ" } else { "gsGku" }.contains(it));
        let value = match attached {
            Some(value) => Some(value),
            None if takes_value => words.next().flatten().map(|it| it.into_owned()),
            None => None,
        };
        if is_number {
            account.number = value.and_then(|it| it.parse().ok());
        } else if is_home {
            account.home = value;
        }
    }
    let name = names.into_iter().next().filter(|it| !it.is_empty())?;
    // Debian's adduser gives a system account a home that does not exist.
    if account.home.is_none() && (is_useradd || !is_system) {
        account.home = Some(format!("/home/{name}"));
    }
    Some((name, account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syntax::{Excerpt, Span};

    #[test]
    fn accounts_are_read() {
        let table = [
            ("useradd -m -u 1000 app", "app 1000 /home/app"),
            ("useradd --uid=10001 --create-home --shell /bin/bash app", "app 10001 /home/app"),
            ("useradd -ms /bin/bash app", "app ? /home/app"),
            ("useradd -r -d /app -g app app", "app ? /app"),
            ("adduser --disabled-password --gecos '' app", "app ? /home/app"),
            ("adduser -D -h /srv -u 5 app", "app 5 /srv"),
            ("adduser --system --group app", "app ? ?"),
            ("useradd -u $ID app", "app ? /home/app"),
            ("useradd $NAME", ""),
            ("groupadd app", ""),
        ];
        for (text, expected) in table {
            let excerpt = Excerpt::slice(text, Span::new(0, text.len()));
            let script = shell::parse(&excerpt);
            let made = made_by(&script.commands[0], &|_| None);
            let shown = made.map_or(String::new(), |(name, it)| {
                let number = it.number.map_or("?".to_owned(), |it| it.to_string());
                format!("{name} {number} {}", it.home.as_deref().unwrap_or("?"))
            });
            assert_eq!(shown, expected, "{text}");
        }
    }
}
