"""Prometheus reads the alarms and every expression of the dashboard, and the alarms ring when they should: rules.py PROMTOOL."""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

TESTS = pathlib.Path(__file__).resolve().parent
DEPLOY = TESTS.parents[1] / "deploy"
ALARMS = DEPLOY / "prometheus/alerts.yaml"


def expressions():
    """Those of the dashboard, with what Grafana puts in the place of its variables."""
    dashboard = json.loads((DEPLOY / "grafana/handover.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", "handover-bridge")


def tests():
    """Those of the alarms. Prometheus wants each alarm's whole text, of which they leave out what to do: it is one prose
    for every case, and nothing in it depends on the series."""
    rules = yaml.safe_load(ALARMS.read_text())["groups"]
    advice = {rule["alert"]: rule["annotations"]["description"] for group in rules for rule in group["rules"]}
    assert not any("{{" in description for description in advice.values()), "a description that has to be tested"
    document = yaml.safe_load((TESTS / "alerts.yaml").read_text())
    document["rule_files"] = [str(ALARMS)]
    for test in document["tests"]:
        for case in test["alert_rule_test"]:
            for alarm in case["exp_alerts"]:
                alarm["exp_annotations"]["description"] = advice[case["alertname"]]
    return document


def main():
    promtool = sys.argv[1]
    subprocess.run([promtool, "check", "rules", ALARMS], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(tests(), file)
        subprocess.run([promtool, "test", "rules", file.name], check=True)
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions())]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        subprocess.run([promtool, "check", "rules", file.name], check=True, stdout=subprocess.DEVNULL)
    print(f"ok  Prometheus reads the {len(rules)} expressions of the dashboard")


if __name__ == "__main__":
    main()
