//! The COPY instructions that bring single files to their places, as a person would write them.

use crate::path;

/// A file of the context and the absolute path that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its path in the context.
    pub from: String,
    /// Its path in the image.
    pub to: String,
}

/// How the instructions are written.
#[derive(Clone, Copy, Debug)]
pub struct CopyStyle<'s> {
    /// `COPY`, in the case that the file uses.
    pub keyword: &'s str,
    /// The flags with a blank behind each (`--chown=app `).
    pub flags: &'s str,
    /// The working directory, where it is known.
    pub directory: Option<&'s str>,
}

/// One COPY for each directory that gets files, without line ends; `None` where a path cannot be written plainly.
pub fn narrow_copies(files: &[Placed], style: CopyStyle<'_>) -> Option<Vec<String>> {
    let is_plain = |it: &str| !it.contains([' ', '\t', '$', '?', '[', '\\', '"', '\'']);
    if !files.iter().all(|it| is_plain(&it.from) && is_plain(&it.to)) {
        return None;
    }
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for file in files {
        let is_renamed =
            path::file_name(&file.from).trim_end_matches('*') != path::file_name(&file.to);
        let directory = file.to.rsplit_once('/').map_or("", |it| it.0);
        let below = style.directory.and_then(|it| path::strip(&file.to, it));
        // Below the root a relative path would only be harder to read.
        let below = below.filter(|it| style.directory != Some("/") || !it.contains('/'));
        let destination = match below {
            Some(below) if is_renamed => below.to_owned(),
            None if is_renamed => file.to.clone(),
            Some(below) => match below.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => "./".to_owned(),
            },
            None => format!("{directory}/"),
        };
        match groups.iter_mut().find(|it| it.0 == destination) {
            Some(group) => group.1.push(&file.from),
            None => groups.push((destination, vec![&file.from])),
        }
    }
    let CopyStyle { keyword, flags, .. } = style;
    let line =
        |(to, from): &(String, Vec<&str>)| format!("{keyword} {flags}{} {to}", from.join(" "));
    Some(groups.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files, the working directory, and the lines.
    type Case<'c> = (&'c [(&'c str, &'c str)], Option<&'c str>, Option<&'c str>);

    #[test]
    fn one_line_for_each_directory() {
        let placed = |it: &(&str, &str)| Placed { from: it.0.to_owned(), to: it.1.to_owned() };
        let cases: [Case<'_>; 6] = [
            (&[("r.txt", "/app/r.txt")], Some("/app"), Some("COPY r.txt ./")),
            (&[("r.txt", "/app/r.txt")], None, Some("COPY r.txt /app/")),
            (&[("r.txt", "/r.txt")], Some("/app"), Some("COPY r.txt /")),
            (
                &[("r.txt", "/app/r.txt"), ("a/b.txt", "/app/a/b.txt"), ("c.txt", "/app/c.txt")],
                Some("/app"),
                Some("COPY r.txt c.txt ./\nCOPY a/b.txt a/"),
            ),
            (&[("a.txt", "/app/b.txt")], Some("/app"), Some("COPY a.txt b.txt")),
            (&[("a b.txt", "/app/a b.txt")], Some("/app"), None),
        ];
        for (files, directory, expected) in cases {
            let files: Vec<Placed> = files.iter().map(placed).collect();
            let style = CopyStyle { keyword: "COPY", flags: "", directory };
            let lines = narrow_copies(&files, style).map(|it| it.join("\n"));
            assert_eq!(lines.as_deref(), expected);
        }
    }
}
