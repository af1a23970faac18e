#!/usr/bin/env python3
"""An agent desk in the terminal: the whole desk protocol, with the standard library alone.

    DESK_SECRET=whsec_... DESK_TOKEN=... python3 examples/desk.py --port 9100 --bridge http://127.0.0.1:8080

The bridge calls http://127.0.0.1:9100/ with signed events; what you type goes to the user of the latest handover.
    /join NAME     tell the user who has joined      /close REASON   give the user back to the bot
    /to DESK       transfer                          /list, /take N  see the handovers, choose one
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds: an older call may be a recording


def is_genuine(secret, headers, body):
    """Standard Webhooks: one of the signatures must be ours over id, timestamp and the body as it came."""
    call, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not call or not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{call}.{stamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers.get("webhook-signature", "").split())


def as_text(content):
    """One line for a terminal; a real desk would draw cards and pictures."""
    kind = content["type"]
    if kind == "text":
        choices = [reply["title"] for reply in content.get("quick_replies") or []]
        return content["text"] + (f"  [{' | '.join(choices)}]" if choices else "")
    if kind == "postback":
        return f"({content['title']})"
    if kind == "media":
        return f"<{content['kind']}> {content['url']}"
    if kind == "location":
        return f"<place> {content['latitude']}, {content['longitude']}"
    if kind in ("buttons", "cards", "list"):
        return f"<{kind}> {json.dumps(content, ensure_ascii=False)}"
    return f"<{kind}>"


class Desk:
    """What the desk remembers. A real one would keep it on disk, or ask GET /api/v1/handovers/{id} after a restart."""

    def __init__(self, bridge, token):
        self.bridge, self.token = bridge.rstrip("/"), token
        self.lock = threading.Lock()
        self.handovers = []  # ids, oldest first
        self.current = None
        self.heard = set()  # ids of calls: the bridge repeats a call until it was answered

    def hear(self, call, event):
        """One event of the bridge. Whatever happens in here must be able to happen twice."""
        with self.lock:
            if call in self.heard:
                return
            kind, data = event["type"], event["data"]
            if kind == "handover.opened":
                self.opened(data)
            elif kind == "message.created":
                self.said(data["handover_id"], data["message"])
            elif kind == "message.failed":
                print(f"!! not delivered: {data['reason']}")
            elif kind == "handover.closed":
                print(f"-- closed: {data['reason']}")
                self.forget(data["handover_id"])
            self.heard.add(call)

    def opened(self, data):
        handover = data["handover"]
        if handover["id"] not in self.handovers:  # else the bridge has opened it anew
            self.handovers.append(handover["id"])
        self.current = handover["id"]
        name = (handover.get("user") or {}).get("first_name") or "somebody"
        print(f"\n== {name} asks for a person ({handover['bot']}, {handover.get('language')}, {handover.get('payload')})")
        for message in data["transcript"]:
            self.show(message)
        print("== type an answer, /join NAME or /close REASON", flush=True)

    def said(self, handover, message):
        if handover not in self.handovers:  # the desk was started anew meanwhile
            self.handovers.append(handover)
            self.current = handover
        elsewhere = "" if handover == self.current else f"({self.handovers.index(handover) + 1}) "
        self.show(message, elsewhere)

    @staticmethod
    def show(message, elsewhere=""):
        print(f"{elsewhere}{message['actor']:>6}: {as_text(message['content'])}", flush=True)

    def forget(self, handover):
        self.handovers = [known for known in self.handovers if known != handover]
        self.current = self.handovers[-1] if self.handovers else None

    def type(self, line):
        """One line of the agent."""
        word, _, rest = line.partition(" ")
        with self.lock:
            handover, all_of_them = self.current, list(self.handovers)
        if word == "/list":
            for number, known in enumerate(all_of_them, 1):
                print(f"{number}{'*' if known == handover else ' '} {known}")
        elif word == "/take":
            if not rest.isdecimal() or not 0 < int(rest) <= len(all_of_them):
                return print("-- there is no such handover, see /list")
            with self.lock:
                self.current = all_of_them[int(rest) - 1]
        elif handover is None:
            print("-- nobody is here yet")
        elif word == "/join":
            self.tell(handover, {"type": "attended", "agent": {"name": rest or "Agent"}})
        elif word == "/to":
            self.tell(handover, {"type": "transferred", "to": rest})
        elif word == "/close":
            if self.tell(handover, {"type": "closed", "reason": rest or "solved"}):
                with self.lock:
                    self.forget(handover)
                print("-- closed")
        elif line.strip():
            self.tell(handover, {"type": "message", "content": {"type": "text", "text": line}})

    def tell(self, handover, event):
        """Sends one event; after trouble again with the same key, so that it counts once."""
        url = f"{self.bridge}/api/v1/handovers/{urllib.parse.quote(handover, safe='')}/events"
        headers = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
            "idempotency-key": str(uuid.uuid4()),
        }
        for pause in (0.5, 1, 2, None):
            request = urllib.request.Request(url, json.dumps(event).encode(), headers)
            try:
                with urllib.request.urlopen(request, timeout=10):
                    return True
            except urllib.error.HTTPError as refused:
                trouble, asked = f"answered {refused.code}", refused.headers.get("retry-after", "")
                passes = refused.code in (408, 429) or refused.code >= 500
            except OSError as away:
                trouble, asked, passes = f"does not answer: {away}", "", True
            if not passes or pause is None:
                print(f"!! the bridge {trouble}")
                return False
            time.sleep(max(pause, int(asked) if asked.isdecimal() else 0))


def serve(desk, port, secret):
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if not is_genuine(secret, self.headers, body):
                return self.answer(401, {})
            try:
                desk.hear(self.headers["webhook-id"], json.loads(body))
            except (ValueError, KeyError, TypeError):
                return self.answer(400, {})
            return self.answer(200, {})

        def answer(self, status, body):
            body = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass  # the terminal is for the conversation

    server = ThreadingHTTPServer(("127.0.0.1", port), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=int(os.environ.get("DESK_PORT", "9100")))
    parser.add_argument("--bridge", default=os.environ.get("BRIDGE_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--secret", default=os.environ.get("DESK_SECRET"))
    parser.add_argument("--token", default=os.environ.get("DESK_TOKEN"))
    options = parser.parse_args()
    if not options.secret or not options.token:
        parser.error("--secret and --token are needed (or DESK_SECRET and DESK_TOKEN)")
    desk = Desk(options.bridge, options.token)
    port = serve(desk, options.port, options.secret)
    print(f"-- the desk listens on http://127.0.0.1:{port}/", flush=True)
    try:
        while True:
            desk.type(input())
    except (EOFError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()
