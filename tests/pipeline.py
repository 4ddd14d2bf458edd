"""Does by hand what a pipeline does with pylintdock, so that a step that would fail there fails here.

    pipeline.py action FILE [INPUT=VALUE]...   runs the steps of a composite action, as GitHub's runner does
    pipeline.py gitlab FILE JOB                runs the script of a job, as GitLab's runner does
    pipeline.py snippet README KEY             prints the one YAML block of a page whose top level has this key

Runs in the current directory, with the environment as it is; needs PyYAML and bash. The exit status is that of the
first step that fails.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml


def action(file, *given):
    description = yaml.safe_load(pathlib.Path(file).read_text())
    inputs = {name: str(it.get("default", "")) for name, it in description["inputs"].items()}
    for one in given:
        name, value = one.split("=", 1)
        assert name in inputs, f"the action has no input {name}"
        inputs[name] = value
    assert description["runs"]["using"] == "composite"

    def evaluated(text):
        # The one kind of expression that the action may use; a script must not contain any, since that would be run.
        return re.sub(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}", lambda it: inputs[it[1]], text)

    with tempfile.TemporaryDirectory() as temporary:
        for step in description["runs"]["steps"]:
            assert "${{" not in step["run"], "an expression in a script runs what it is given"
            assert step["shell"] == "bash"
            values = {name: evaluated(str(value)) for name, value in step.get("env", {}).items()}
            assert not any("${{" in it for it in values.values()), values
            environment = {**os.environ, "RUNNER_TEMP": temporary, **values}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            status = subprocess.run(command, env=environment).returncode
            if status:
                return status
    return 0


def gitlab(file, job):
    script = yaml.safe_load(pathlib.Path(file).read_text())[job]["script"]
    for line in script:
        print("$", line, flush=True)
        status = subprocess.run(["bash", "-eo", "pipefail", "-c", line]).returncode
        if status:
            return status
    return 0


def snippets(page, key):
    """The YAML blocks of a page whose top level has this key."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", pathlib.Path(page).read_text(), re.M | re.S)
    return [it for it in blocks if key in yaml.safe_load(it)]


def snippet(page, key):
    (text,) = snippets(page, key)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit({"action": action, "gitlab": gitlab, "snippet": snippet}[sys.argv[1]](*sys.argv[2:]))
