"""Gives what is written for GitHub, GitLab and pre-commit to the programs that read it. Arguments: the repository, a folder."""

import pathlib
import subprocess
import sys

root, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(root / "tests"))
from pipeline import snippets  # noqa: E402

programs = pathlib.Path(sys.executable).parent


def written(key):
    """The blocks of the README as files."""
    files = [folder / f"readme-{key}-{number}.yml" for number, _ in enumerate(snippets(root / "README.md", key))]
    for file, text in zip(files, snippets(root / "README.md", key), strict=True):
        file.write_text(text)
    assert files, f"the README has no YAML block with `{key}`"
    return files


def passes(program, *arguments):
    done = subprocess.run([programs / program, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{program}:\n{done.stdout}"


def valid(schema, files):
    passes("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    print(f"{schema}: {', '.join(it.name for it in files)} valid by the schema")


workflows = sorted((root / ".github/workflows").glob("*.yml"))
assert workflows
valid("github-workflows", [*workflows, *written("jobs")])
valid("github-actions", [root / "action.yml"])
valid("gitlab-ci", written("pylintdock"))
passes("zizmor", "--offline", "--quiet", *workflows, root / "action.yml")
print("zizmor: finds nothing in the workflows and the action")
passes("pre-commit", "validate-manifest", root / ".pre-commit-hooks.yaml")
passes("pre-commit", "validate-config", *written("repos"))
print("pre-commit: reads the hooks and both configurations of the README")
