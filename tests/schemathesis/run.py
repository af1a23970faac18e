"""Holds a running bridge against the document that it publishes.

Schemathesis calls every operation with what the document allows and with what it forbids, once with the right tokens and
once without, and judges every answer. Beside it, the limit on failed calls is reached and looked at, and what the bridge
has sent to the desk meanwhile is held against the document's webhooks. Started by scripts/schemathesis, which makes the
environment; arguments are passed on to Schemathesis.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import uuid

import jsonschema_rs

import world

HERE = pathlib.Path(__file__).parent
CHECKS = ["--checks", "all", "--max-examples", "200", "--request-timeout", "20"]
# Each with the first number of the addresses that its calls come from.
RUNS = {"with-credentials": 10, "without-credentials": 11}
# The limit is 60 a minute and forgets one failure a second, so that a slow machine needs a few more.
MOST_FAILED_CALLS = 200
EXPECTED_WEBHOOKS = {"handover.opened", "message.created", "message.failed", "handover.closed"}


def main():
    binary, *passed_on = sys.argv[1:]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bridge = world.Bridge(binary, folder)
        try:
            document = bridge.call("GET", "/openapi.json")
            faults = schemathesis_faults(bridge, document, passed_on)
            faults += limit_faults(bridge, document)
            faults += webhook_faults(document, bridge.outside.webhooks)
        finally:
            code = bridge.stop()
        log = bridge.log.read_text()
    if code != 0:
        faults.append(f"the bridge ended with {code}")
    faults += [f"logged: {line}" for line in log.splitlines() if " ERROR " in line or "panicked" in line]
    print(f"\nschemathesis: {len(faults)} faults in {time.monotonic() - began:.0f} s")
    print("\n".join(faults))
    return 1 if faults else 0


def schemathesis_faults(bridge, document, passed_on):
    """Both runs at once, since neither takes more than half of a small machine."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        # From a file: an address that the document was read from would not be called as an operation of its own.
        described = pathlib.Path(folder, "openapi.json")
        described.write_text(json.dumps(document))
        started = {name: start(bridge, described, name, passed_on) for name in RUNS}
        for name, process in started.items():
            printed, _ = process.communicate()
            print(f"\n---- {name.replace('-', ' ')}\n{printed.decode()}", flush=True)
            if process.returncode != 0:
                faults.append(f"schemathesis, {name.replace('-', ' ')}")
            answers = json.loads((described.parent / name / "answers.json").read_text())
            for operation, counts in sorted(answers.items()):
                print(f"{operation}: " + ", ".join(f"{status} {count}" for status, count in sorted(counts.items())))
                if name == "with-credentials" and not any(status.startswith("2") for status in counts):
                    faults.append(f"{operation} never succeeded, so nothing was seen of it")
    return faults


def start(bridge, described, name, passed_on):
    command = [
        str(pathlib.Path(sys.executable).with_name("schemathesis")),
        *["--config-file", str(HERE / f"{name}.toml")],
        *["run", str(described), "--url", bridge.url, *CHECKS, *passed_on],
    ]
    environment = os.environ | {
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "hooks",
        "BRIDGE_URL": bridge.url,
        "BRIDGE_ADMIN_TOKEN": world.ADMIN_TOKEN,
        "BRIDGE_DESK_TOKEN": world.DESK_TOKEN,
        "SOURCES": str(RUNS[name]),
    }
    # What Schemathesis remembers of earlier runs it would leave in the working directory.
    folder = described.parent / name
    folder.mkdir()
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def limit_faults(bridge, document):
    """One source fails too often: each operation with a token then answers 429 as described, but not to the right one."""
    source = {"X-Forwarded-For": "12.0.0.1"}
    tokens = {"deskToken": world.DESK_TOKEN, "adminToken": world.ADMIN_TOKEN}
    faults, secured = [], 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            scheme = next(iter(operation.get("security", [{}])[0]), None)
            if scheme is None:
                continue
            secured += 1
            address = path.replace("{id}", str(uuid.uuid4()))
            for _ in range(MOST_FAILED_CALLS):
                status, headers, body = answer_of(bridge, method.upper(), address, source)
                if status != 401:
                    break
            described = {"$ref": "#/components/responses/too-many-failures/content/application~1problem+json/schema"}
            valid = status == 429 and jsonschema_rs.is_valid(document | described, body)
            if not valid or not int(headers.get("Retry-After", 0)) or "429" not in operation["responses"]:
                faults.append(f"{method} {path}: {status} where the limit is reached")
            right = source | {"Authorization": f"Bearer {tokens[scheme]}"}
            if answer_of(bridge, method.upper(), address, right)[0] == 429:
                faults.append(f"{method} {path}: the right token meets the limit")
    print(f"\noperations at the limit on failed calls: {secured}")
    return faults


def answer_of(bridge, method, path, headers):
    try:
        with bridge.open(method, path, headers) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, json.load(refused)


def webhook_faults(document, webhooks):
    faults = []
    seen = collections.Counter(body["type"] for body in webhooks)
    missing = EXPECTED_WEBHOOKS - seen.keys()
    if missing:
        faults.append(f"no webhook of these types was seen: {', '.join(sorted(missing))}")
    for kind in seen:
        described = f"#/webhooks/{kind}/post/requestBody/content/application~1json/schema"
        validator = jsonschema_rs.Draft202012Validator(document | {"$ref": described}, validate_formats=True)
        for body in webhooks:
            if body["type"] == kind:
                faults += [f"{kind}: {error.message}" for error in validator.iter_errors(body)][:1]
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(seen.items()))
    print(f"webhooks held against the document: {counts}")
    return sorted(set(faults))


if __name__ == "__main__":
    sys.exit(main())
