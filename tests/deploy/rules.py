"""Prometheus reads the alarms and every expression of the dashboard, and the alarms ring when they should: rules.py PROMTOOL."""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

TESTS = pathlib.Path(__file__).resolve().parent
DEPLOY = TESTS.parents[1] / "deploy"


def expressions():
    """Those of the dashboard, with what Grafana puts in the place of its variables."""
    dashboard = json.loads((DEPLOY / "grafana/handover.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", "handover-bridge")


def main():
    promtool = sys.argv[1]
    subprocess.run([promtool, "check", "rules", DEPLOY / "prometheus/alerts.yaml"], check=True)
    subprocess.run([promtool, "test", "rules", TESTS / "alerts.yaml"], check=True)
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions())]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        subprocess.run([promtool, "check", "rules", file.name], check=True, stdout=subprocess.DEVNULL)
    print(f"ok  Prometheus reads the {len(rules)} expressions of the dashboard")


if __name__ == "__main__":
    main()
