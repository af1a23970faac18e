"""A bridge with a real configuration, and what is around it: a bot platform, a desk, and users who ask for an agent."""

import http.server
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))

from ports import free_port  # noqa: E402

VERIFY = "verify-token-of-the-webshop"
HOOK_KEY = "hook-key-of-the-webshop"
DESK_TOKEN = "token-of-the-custom-desk"
ADMIN_TOKEN = "admin-token-of-this-run-0123456789"

# So many handovers are kept open that one which an event has closed leaves others to tell something of.
OPEN_HANDOVERS = 40

CONFIG = """
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
trusted_proxies = ["127.0.0.1/32"]
drain = "0s"

[admin]
listen = "server"
token = "{admin}"

[store]
url = "sqlite:{folder}/handover.db"

[telemetry]
format = "text"

[outbound]
allow_networks = ["127.0.0.0/8"]

# So short that some handovers end without their desk having ended them.
[handover]
waiting_limit = "20s"

[bots.webshop]
platform = "chatlayer"
api_url = "http://127.0.0.1:{outside}"
access_token = "access-token"
verify_token = "{verify}"
hook_key = "{hook_key}"

[desks.custom]
kind = "webhook"
url = "http://127.0.0.1:{outside}/desk"
secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
token = "{desk}"
"""


class Outside(http.server.ThreadingHTTPServer):
    """The bot platform and the desk. Both refuse a call now and then, so that there are dead letters."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), OutsideCall)
        self.lock = threading.Lock()
        self.calls = 0
        self.webhooks = []

    def take(self, path, body):
        with self.lock:
            self.calls += 1
            refused = self.calls % 5 == 0
            if path == "/desk":
                self.webhooks.append(json.loads(body))
                refused = refused and self.webhooks[-1]["type"] == "message.created"
        return 400 if refused else 200


class OutsideCall(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b'{"conversation_id": "c1", "position": 1}' if self.path == "/desk" else b"{}"
        self.send_response(self.server.take(self.path, body))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Bridge:
    """The process, from its start to its end."""

    def __init__(self, binary, folder):
        self.outside = Outside()
        threading.Thread(target=self.outside.serve_forever, daemon=True).start()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = pathlib.Path(folder, "bridge.log")
        config = pathlib.Path(folder, "bridge.toml")
        config.write_text(
            CONFIG.format(
                port=port,
                outside=self.outside.server_port,
                folder=folder,
                admin=ADMIN_TOKEN,
                verify=VERIFY,
                hook_key=HOOK_KEY,
                desk=DESK_TOKEN,
            )
        )
        self.over = threading.Event()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([binary, "--config", config, "serve"], stdout=log, stderr=log)
        self.wait_until_ready()
        self.users = threading.Thread(target=self.keep_users_asking, daemon=True)
        self.users.start()

    def wait_until_ready(self):
        give_up = time.monotonic() + 30
        while True:
            try:
                return self.call("GET", "/readyz")
            except OSError:
                if self.process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"the bridge did not start:\n{self.log.read_text()}") from None
                time.sleep(0.1)

    def open(self, method, path, headers, data=None):
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        return urllib.request.urlopen(request, timeout=20)

    def call(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        with self.open(method, path, headers, data) as answer:
            return json.load(answer)

    def open_handovers(self):
        page = self.call("GET", "/api/admin/handovers?limit=1000", token=ADMIN_TOKEN)
        return [one["id"] for one in page["handovers"] if one["phase"] != "closing"]

    def keep_users_asking(self):
        while not self.over.is_set():
            for _ in range(OPEN_HANDOVERS - len(self.open_handovers())):
                self.ask_for_an_agent()
            self.over.wait(0.2)

    def ask_for_an_agent(self):
        session = str(uuid.uuid4())
        hook = f"/hooks/chatlayer/webshop/{HOOK_KEY}?verifyToken={VERIFY}"
        who = {"botId": "b1", "version": "LIVE", "sessionId": session}
        said = {"actor": "user", "message": {"text": "help"}, "timestamp": "2026-01-01T00:00:00.000Z"}
        self.call("POST", hook, who | {"event": "offload", "timestamp": "2026-01-01T00:00:01.000Z", "transcript": [said]})
        more = {"actor": "user", "message": {"text": "hello?"}, "timestamp": "2026-01-01T00:00:02.000Z"}
        self.call("POST", hook, who | {"event": "messages", "messages": [more]})

    def stop(self):
        """Ends the process; gives its exit code."""
        self.over.set()
        self.users.join()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.outside.shutdown()
        return code
