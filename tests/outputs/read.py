"""Reads the reports in a folder with other people's programs and compares what they count with report.json."""

import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree

import jsonschema
import junitparser
from sarif.loader import load_sarif_file

reports, schema = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
findings = json.loads((reports / "report.json").read_text())
n_findings = len(findings)
assert n_findings > 10, n_findings


def severities(words):
    return tuple(sum(it["severity"] == word for it in findings) for word in words)


sarif = json.loads((reports / "report.sarif").read_text())
if schema.exists():
    jsonschema.validate(sarif, json.loads(schema.read_text(encoding="utf-8-sig")))
    print("sarif: valid by its schema")
read = load_sarif_file(str(reports / "report.sarif"))
report = read.get_report()
counts = tuple(report.get_issue_count_for_severity(it) for it in ["error", "warning", "note"])
assert counts == severities(["error", "warning", "info"]), counts
def path(uri):
    return urllib.parse.unquote(uri.removeprefix("file://"))


places = {(path(it["Location"]), it["Line"], it["Code"]) for it in read.get_records()}
assert places == {(it["path"], it["start"]["line"], it["rule"]) for it in findings}
print(f"sarif: sarif-tools reads {read.get_result_count()} results")

for name in ["gitlab", "rdjson"]:
    # Neither has a reader on the registries; the schemas say what their documentation says.
    schema = json.loads((pathlib.Path(__file__).parent / f"{name}.schema.json").read_text())
    report = json.loads((reports / f"report.{name}.json").read_text())
    jsonschema.validate(report, schema)
    listed = report if name == "gitlab" else report["diagnostics"]
    assert len(listed) == n_findings, (name, len(listed))
    lines = [it["location"]["lines"]["begin"] if name == "gitlab" else it["location"]["range"]["start"]["line"] for it in listed]
    assert lines == [it["start"]["line"] for it in findings]
    print(f"{name}: {len(listed)} findings, valid by the schema")
prints = [it["fingerprint"] for it in json.loads((reports / "report.gitlab.json").read_text())]
assert len(set(prints)) == n_findings, "GitLab shows one of those that share a fingerprint"

junit = junitparser.JUnitXml.fromfile(str(reports / "report.xml"))
cases = [case for suite in junit for case in suite]
failed = [case for case in cases if any(isinstance(it, junitparser.Failure) for it in case.result)]
assert len(failed) == n_findings == junit.failures, (len(failed), junit.failures)
assert junit.tests == len(cases)
print(f"junit: junitparser reads {len(cases)} tests, {len(failed)} failed")

checkstyle = xml.etree.ElementTree.parse(reports / "report.checkstyle.xml").getroot()
errors = [(file.get("name"), error) for file in checkstyle for error in file]
assert [(name, int(it.get("line"))) for name, it in errors] == [(it["path"], it["start"]["line"]) for it in findings]
assert [it.get("message") for _, it in errors] == [it["message"] for it in findings]
print(f"checkstyle: {len(errors)} errors with the same places and messages")
