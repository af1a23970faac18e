"""Loaded by Schemathesis: lets calls speak of what the bridge really has.

A generated id becomes one of a handover or a delivery that exists in most calls; in the others, and wherever the id
itself is what the call gets wrong, it stays as it was generated. An idempotency key gets an end of its own, since the
same key with another body is refused, and a schema cannot say so. Every call has a source of its own, as the bridge
hears from the proxy that it trusts, so that a wrong token is answered as it is before the limit on failed calls; run.py
looks at the limit itself.

At its end it leaves answers.json in the working directory: how often each operation answered with which status.
"""

import atexit
import collections
import itertools
import json
import os
import pathlib
import random
import threading
import time
import urllib.request

import schemathesis
from schemathesis.core.parameters import ParameterLocation

BRIDGE = os.environ["BRIDGE_URL"]
ADMIN = os.environ["BRIDGE_ADMIN_TOKEN"]
SOURCES = os.environ["SOURCES"]
LIVE_IN_TEN = 8

calls = itertools.count()
answers = collections.defaultdict(collections.Counter)
drawn = random.Random(1)


class Known:
    """Ids of one list of the admin API, asked for at most every half second."""

    def __init__(self, path, take):
        self.path, self.take = path, take
        self.ids, self.at, self.lock = [], 0.0, threading.Lock()

    def one(self):
        with self.lock:
            if time.monotonic() - self.at > 0.5:
                request = urllib.request.Request(BRIDGE + self.path, headers={"Authorization": f"Bearer {ADMIN}"})
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.ids = self.take(json.load(answer))
                self.at = time.monotonic()
            return drawn.choice(self.ids) if self.ids else None


HANDOVERS = Known(
    "/api/admin/handovers?limit=1000",
    lambda page: [one["id"] for one in page["handovers"] if one["phase"] != "closing"],
)
DEAD = Known(
    "/api/admin/deliveries?state=dead&limit=1000",
    lambda page: [one["id"] for one in page["deliveries"]],
)


# Those that these calls have begun themselves; nothing lists them.
erasures = []


@schemathesis.hook
def before_call(context, case, kwargs):
    call = next(calls)
    case.headers["X-Forwarded-For"] = f"{SOURCES}.{call // 65536 % 256}.{call // 256 % 256}.{call % 256}"
    wrong = case.meta.is_negative_at if case.meta else lambda _: False
    if "Idempotency-Key" in case.headers and not wrong(ParameterLocation.HEADER):
        case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:240]}-{call}"
    if wrong(ParameterLocation.PATH) or "id" not in (case.path_parameters or {}) or drawn.randrange(10) >= LIVE_IN_TEN:
        return
    if "/erasures/" in case.operation.path:
        known = drawn.choice(erasures) if erasures else None
    else:
        known = (DEAD if "/deliveries/" in case.operation.path else HANDOVERS).one()
    case.path_parameters["id"] = known or case.path_parameters["id"]


@schemathesis.hook
def after_call(context, case, response):
    answers[case.operation.label][response.status_code] += 1
    if case.operation.label == "POST /api/admin/erasures" and response.status_code == 202:
        erasures.append(response.json()["id"])


@atexit.register
def leave_answers():
    pathlib.Path("answers.json").write_text(json.dumps(answers))
