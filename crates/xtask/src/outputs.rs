//! `cargo xtask outputs`: gives every output format, and what is written for pipelines, to the programs that are made to
//! read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{exists, output, write};

/// A file name and a text in which everything stands that a format could stumble over.
const HARD: (&str, &str) = (
    "we ird|<b>'\"&.Dockerfile",
    "FROM python:3.9\n# <script>a</script> ]]> -->\nRUN echo \"é|日\" \\\n\t&& pip install \"a<b>*_x_[y]\" `x` | tee\n\
     ENV PATH /x:$PATH\nRUN apt-get update && apt-get install -y gcc libpq-dev\nRUN pip install -r requirements.txt psycopg2\n\
     COPY . .\n",
);

const FORMATS: [&str; 9] = [
    "json=report.json",
    "sarif=report.sarif",
    "junit=report.xml",
    "checkstyle=report.checkstyle.xml",
    "markdown=report.md",
    "html=report.html",
    "github=report.github.txt",
    "gitlab=report.gitlab.json",
    "rdjson=report.rdjson.json",
];

/// Writes the reports and has them read; says by what.
///
/// # Errors
/// A reader that finds something wrong, or a program that cannot be run.
pub(crate) fn run() -> Result<String, String> {
    let missing: Vec<&str> =
        ["node", "npm", "python3"].into_iter().filter(|it| !exists(it)).collect();
    if !missing.is_empty() {
        return Ok(format!("skipped: {} not here\n", missing.join(", ")));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|it| it.to_string())?;
    let readers = root.join("tests/outputs");
    let folder = root.join(target(&root)).join("outputs");
    install(&readers, &folder)?;
    reports(&root, &folder)?;
    let multitool = folder.join("node_modules/@microsoft/sarif-multitool-linux");
    let mut res = multitool_says(&folder, &multitool)?;
    let mut python = Command::new(folder.join("venv/bin/python"));
    python.arg(readers.join("read.py")).arg(&folder).arg(multitool.join("sarif-2.1.0.json"));
    res += &output(&mut python)?;
    let mut pipelines = Command::new(folder.join("venv/bin/python"));
    res += &output(pipelines.arg(readers.join("pipelines.py")).arg(&root).arg(&folder))?;
    let browser =
        ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|it| exists(it));
    let mut node = Command::new("node");
    node.arg(readers.join("read.mjs")).arg(&folder);
    if let Some(browser) = browser {
        node.arg(output(Command::new("which").arg(browser))?.trim());
    }
    res += &output(&mut node)?;
    Ok(res)
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Fetches the readers once; a new version in their lists fetches them again.
fn install(readers: &Path, folder: &Path) -> Result<(), String> {
    for (list, program) in [("package.json", "npm"), ("requirements.txt", "python3")] {
        let wanted = fs::read_to_string(readers.join(list)).map_err(|it| it.to_string())?;
        // Written last: what is half installed is installed again.
        let installed = folder.join(format!("{program}.installed"));
        if fs::read_to_string(&installed).is_ok_and(|it| it == wanted) {
            continue;
        }
        write(&folder.join(list), &wanted)?;
        if program == "npm" {
            let arguments = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
            output(Command::new("npm").args(arguments).current_dir(folder))?;
            // Its own script would do this.
            let tool = folder.join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
            output(Command::new("chmod").arg("u+x").arg(tool))?;
        } else {
            output(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
            let arguments = ["-m", "pip", "install", "--quiet", "-r"];
            let mut pip = Command::new(folder.join("venv/bin/python"));
            output(pip.args(arguments).arg(readers.join(list)))?;
        }
        write(&installed, &wanted)?;
    }
    Ok(())
}

/// Checks the cases of `tests/images` with the command of this working tree, in all formats at once.
fn reports(root: &Path, folder: &Path) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut build = Command::new(&cargo);
    output(build.args(["build", "--quiet", "--bin", "pylintdock"]).current_dir(root))?;
    write(&folder.join("hard").join(HARD.0), HARD.1)?;
    write(&folder.join("hard/requirements.txt"), "flask==3.1.0\n")?;
    let mut check = Command::new(target(root).join("debug/pylintdock"));
    check.current_dir(folder).args(["check", "--exit-zero", "--quiet", "hard"]);
    for format in FORMATS {
        check.args(["--output-format", format]);
    }
    for case in ["tests/example", "tests/images"] {
        check.arg(root.join(case));
    }
    output(&mut check).map(|_| ())
}

/// Microsoft's validator: the schema, and rules of its own. It ends with 0 whatever it finds, so its report is read.
fn multitool_says(folder: &Path, multitool: &Path) -> Result<String, String> {
    let report = folder.join("validated.sarif");
    let mut validate = Command::new(multitool.join("Sarif.Multitool"));
    validate.args([
        "validate",
        "report.sarif",
        "--rule-kind",
        "Sarif;Ghas",
        "--log",
        "ForceOverwrite",
    ]);
    validate.arg("--output").arg(&report).current_dir(folder);
    // The program needs no languages, and the library for them may be missing.
    output(validate.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"))?;
    let text = fs::read_to_string(&report).map_err(|it| it.to_string())?;
    let text = text.trim_start_matches('\u{feff}');
    let value: serde_json::Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
    let results = value["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    // What it does not say the level of is a warning.
    let is_wrong = |it: &&serde_json::Value| !matches!(it["level"].as_str(), Some("note" | "none"));
    let wrong: Vec<String> = results.iter().filter(is_wrong).map(ToString::to_string).collect();
    match wrong.first() {
        None => Ok("sarif: the SARIF Multitool finds nothing wrong\n".to_owned()),
        Some(first) => Err(format!("sarif: {} wrong, the first: {first}\n", wrong.len())),
    }
}
