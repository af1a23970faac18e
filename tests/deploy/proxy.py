"""Two real bridges behind the proxy of deploy/compose.yaml: proxy.py BINARY BIN, where initdb is.

haproxy and the bridges run with the very files that are shipped, at the addresses that deploy/compose.yaml gives them, on a
PostgreSQL of their own, in a network of their own. Needs root, ip, setpriv, haproxy, curl and openssl, and the packages of
requirements.txt.
"""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml

from namespaces import NEUTRAL, Machine, connect, lines, write

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
BRIDGES = {name: service["networks"]["front"]["ipv4_address"] for name, service in SERVICES.items()
           if "front" in service["networks"]}
PROXY = BRIDGES.pop("proxy")
NAME = "bridge.example.com"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
HOOK = "/hooks/chatlayer/{bot}/{hook_key}"
VERIFY_TOKEN = "a-verify-token-of-the-proxy-test"
PROBE = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "http://127.0.0.1:8404/livez"]
DECLINED = {"offloadSuccess": False, "pauseBot": False}


class Bench:
    def __init__(self, binary, programs, work):
        self.binary = binary
        self.programs = programs
        self.work = work
        work.chmod(0o755)
        self.secrets = make_secrets(work)
        self.hook_key = (self.secrets / "webshop_hook_key").read_text().strip()
        named = "".join(f"{address} {name}\n" for name, address in BRIDGES.items())
        hosts = write(work / "hosts", f"127.0.0.1 localhost postgres\n{named}")
        self.proxy = Machine("proxy", [PROXY], hosts, self.secrets)
        self.machine = Machine("bridges", BRIDGES.values(), hosts, self.secrets)
        connect(self.proxy, self.machine)
        self.configuration = write(work / "bridge.toml", (DEPLOY / "compose/bridge.toml").read_text())
        self.database = None
        self.bridges = {}
        self.proxy_log = work / "proxy.log"

    def make_database(self):
        """As the containers of the database and of the migration do."""
        data = self.work / "data"
        data.mkdir()
        shutil.chown(data, "nobody", "nogroup")
        subprocess.run([*NOBODY, self.programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust",
                        "--locale", "C.UTF-8", "--encoding", "UTF8", "--no-sync"],
                       cwd=NEUTRAL, check=True, stdout=subprocess.DEVNULL)
        self.start_database()
        ask = [self.programs / "psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--username", "postgres",
               "--host", "postgres"]
        wait_until(lambda: self.machine.run([*ask, "--command", "SELECT 1"]).returncode == 0, "the database is there")
        for made in ([*ask, "--file", DEPLOY / "compose/roles.sql"],
                     ["env", "HANDOVER__STORE__URL_FILE=/run/secrets/store_owner_url", self.binary, "migrate"]):
            ended = self.machine.run(made)
            assert ended.returncode == 0, ended.stderr

    def start_database(self):
        arguments = [*NOBODY, self.programs / "postgres", "-D", self.work / "data", "-c", "listen_addresses=127.0.0.1",
                     "-c", "unix_socket_directories=", "-c", "fsync=off"]
        self.database = self.machine.start(arguments, self.work / "database.log")

    def stop_database(self):
        self.database.send_signal(signal.SIGINT)
        assert self.database.wait(timeout=30) == 0, f"the database ended with {self.database.returncode}"

    def start_bridge(self, name):
        arguments = [
            "env", f"HANDOVER__SERVER__LISTEN={BRIDGES[name]}:8080", f"HANDOVER__ADMIN__LISTEN={BRIDGES[name]}:8081",
            self.binary, "--config", self.configuration, "serve",
        ]
        self.bridges[name] = self.machine.start(arguments, self.log_of(name))

    def is_ready(self, name):
        ready = f"http://{BRIDGES[name]}:8080/readyz"
        asked = self.machine.run(["curl", "--silent", "--write-out", "%{http_code}", "--output", "/dev/null", ready])
        return asked.stdout == "200"

    def stop_bridge(self, name):
        bridge = self.bridges[name]
        bridge.send_signal(signal.SIGTERM)
        assert bridge.wait(timeout=30) == 0, f"{name} ended with {bridge.returncode}"

    def log_of(self, name):
        return self.work / f"{name}.log"

    def answers(self, name):
        """What a bridge has answered, as its log tells."""
        said = [json.loads(line) for line in lines(self.log_of(name)) if line.startswith("{")]
        return [line for line in said if "http.route" in line]

    def requests(self, name, route=HOOK):
        return [line for line in self.answers(name) if line["http.route"] == route]

    def start_proxy(self):
        shipped = write(self.work / "haproxy.cfg", (DEPLOY / "compose/haproxy.cfg").read_text())
        # With as few rights as in its container.
        arguments = [*NOBODY, "--bounding-set=-all", "--no-new-privs", "haproxy", "-db", "-f", shipped]
        checked = self.proxy.run([*arguments, "-c"])
        said = checked.stdout + checked.stderr
        assert checked.returncode == 0 and "WARNING" not in said, said
        self.proxy.start(arguments, self.proxy_log)

    def curl(self, *args):
        ours = ["--silent", "--show-error", "--max-time", "60", "--cacert", self.work / "tls.crt",
                "--resolve", f"{NAME}:8443:{PROXY}", "--resolve", f"{NAME}:9443:{PROXY}"]
        return self.proxy.run(["curl", *ours, *args])

    def status(self, address, *args):
        return self.curl("--output", "/dev/null", "--write-out", "%{http_code}", *args, address).stdout

    def hook(self, rest=""):
        return f"https://{NAME}:8443/hooks/chatlayer/webshop/{self.hook_key}?challenge.verifyToken={VERIFY_TOKEN}{rest}"

    def call(self, event, **fields):
        """What the platform is answered."""
        body = {"event": event, "sessionId": "s1", "botId": "b1", "version": "LIVE",
                "timestamp": "2026-01-01T00:00:00.000Z", **fields}
        said = self.curl("--data", json.dumps(body), "--write-out", "\n%{http_code}", self.hook()).stdout
        answer, status = said.rsplit("\n", 1)
        return int(status), json.loads(answer) if answer.startswith("{") else answer

    def end(self):
        self.proxy.end()
        self.machine.end()


def make_secrets(work):
    """As whoever installs it does: what is missing afterwards is the certificate and what the platform gives."""
    folder = work / "compose"
    folder.mkdir()
    write(folder / "make-secrets", (DEPLOY / "compose/make-secrets").read_text(), 0o755)
    subprocess.run([folder / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
    secrets = folder / "secrets"
    # A container is given each file by itself.
    secrets.chmod(0o755)
    write(secrets / "webshop_access_token", "an-access-token\n")
    write(secrets / "webshop_verify_token", VERIFY_TOKEN + "\n")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
         "-keyout", work / "tls.key", "-out", work / "tls.crt"],
        check=True, stderr=subprocess.DEVNULL,
    )
    write(secrets / "tls.pem", (work / "tls.crt").read_text() + (work / "tls.key").read_text())
    return secrets


def routes(bench):
    """hooks reach both bridges by https; what is not for outside reaches none"""
    wait_until(lambda: bench.status(bench.hook()) == "200", "the first hook is answered")
    bench.curl("--output", "/dev/null", bench.hook("&n=[1-40]"))
    for name in BRIDGES:
        assert len(bench.requests(name)) > 5, f"{name} was passed over"
    assert bench.status(f"https://{NAME}:8443/api/v1/handovers/0") == "401"
    for path in ("/metrics", "/console", "/console/sign-in", "/api/admin/warnings", "/openapi.json", "/readyz", "/"):
        assert bench.status(f"https://{NAME}:8443{path}") == "404", path
    for path in ("/metrics", "/api/admin/warnings", "/hooks/chatlayer/webshop", "/consoles", "/"):
        assert bench.status(f"https://{NAME}:9443{path}") == "404", path
    reached = {line["http.route"] for name in BRIDGES for line in bench.answers(name)}
    assert reached <= {HOOK, "/api/v1/handovers/{id}", "/livez", "/readyz"}, reached


def logs(bench):
    """the proxy's log has neither key, token nor path, and the id that the bridge's log has"""
    answer = bench.curl("--include", "--header", "X-Request-Id: of-somebody-else", bench.hook()).stdout
    (request_id,) = re.findall(r"^x-request-id: (\S+)", answer, re.M | re.I)
    assert request_id != "of-somebody-else"
    wait_until(lambda: f"id={request_id}" in bench.proxy_log.read_text(), "the proxy logs the request's id")
    wait_until(lambda: any(request_id in json.dumps(line) for name in BRIDGES for line in bench.requests(name)),
               "a bridge logs the proxy's id")
    log = bench.proxy_log.read_text()
    for secret in (bench.hook_key, VERIFY_TOKEN, "/hooks", "verifyToken", "/api/v1"):
        assert secret not in log, f"the proxy's log has {secret}"


def rolling_restart(bench):
    """both bridges are restarted one after the other under load, and no request fails"""
    with Load(bench) as load:
        for name in BRIDGES:
            bench.stop_bridge(name)
            time.sleep(2)
            bench.start_bridge(name)
            count = len(bench.requests(name))
            wait_until(lambda: len(bench.requests(name)) > count, f"{name} is sent requests again")
    statuses = {status: load.statuses.count(status) for status in set(load.statuses)}
    assert set(statuses) == {"200"} and statuses["200"] > 500, f"{statuses} {load.errors}"
    for name in BRIDGES:
        down = f"Server bridges/{name} is DOWN, reason: Layer7 wrong status, code: 503"
        assert down in bench.proxy_log.read_text(), f"{name} was not taken out while it was still serving"
    print(f"    {statuses['200']} requests", flush=True)


def without_a_store(bench):
    """while the database is away bridges go on answering: an offload is declined, and a message is to come again"""
    text = {"type": "text", "text": "hello", "sender": {"id": "u1"}}
    said = [{"actor": "user", "message": text, "timestamp": "2026-01-01T00:00:00.000Z"}]
    assert bench.call("messages", messages=said)[0] == 200
    bench.stop_database()
    asked = 0
    while asked < 40 or not all(f"bridges-without-a-store/{name} " in bench.proxy_log.read_text() for name in BRIDGES):
        asked += 1
        assert asked < 400, "a bridge was asked nothing while it was not ready"
        assert bench.call("offload", transcript=[]) == (200, DECLINED), "the bot is left hanging"
        status, answer = bench.call("messages", messages=said)
        assert status == 503 and answer["type"].endswith(":unavailable"), answer
    assert bench.proxy.run(PROBE).stdout == "200", "another proxy would not help"
    bench.start_database()
    wait_until(lambda: bench.call("messages", messages=said)[0] == 200, "messages are taken again")


def console(bench):
    """whoever signs in over the proxy has a cookie for https alone; events come as they happen and are not cut short"""
    bench.stop_bridge("bridge-2")
    wait_until(lambda: bench.status(bench.hook()) == "200", "one bridge serves alone")
    jar, address = bench.work / "cookies", f"https://{NAME}:9443/console"
    token = (bench.secrets / "admin_token").read_text().strip()
    signed_in = bench.curl(
        "--include", "--cookie-jar", jar, "--header", f"Origin: https://{NAME}:9443",
        "--data-urlencode", "name=admin", "--data-urlencode", f"password={token}", f"{address}/sign-in",
    ).stdout
    assert "set-cookie: __Host-" in signed_in and "Secure" in signed_in, signed_in
    assert bench.status(address, "--location", "--cookie", jar) == "200"
    stream = subprocess.Popen(
        bench.proxy.command(["curl", "--silent", "--no-buffer", "--max-time", "36", "--cacert", bench.work / "tls.crt",
                             "--resolve", f"{NAME}:9443:{PROXY}", "--cookie", jar, f"{address}/events"]),
        stdout=subprocess.PIPE,
    )
    began, seen = time.monotonic(), []
    for line in stream.stdout:
        if line.strip():
            seen.append((time.monotonic() - began, line.decode().strip()))
    lasted = time.monotonic() - began
    assert stream.wait() == 28 and lasted > 35, f"the stream ended after {lasted:.0f} s: {seen}"
    # One that is held back comes with the next, or never. A line is said each 15 s.
    assert seen[0][0] < 13, f"the first event was held back: {seen}"
    alive = [at for at, line in seen if line.startswith(":")]
    assert len(alive) >= 2 and 13 < alive[0] < 28 and alive[1] - alive[0] > 5, f"held back: {seen}"


def health(bench):
    """the proxy's own health check fails when there is no bridge left"""
    assert bench.proxy.run(PROBE).stdout == "200"
    bench.stop_bridge("bridge-1")
    wait_until(lambda: bench.proxy.run(PROBE).stdout == "503", "the probe fails")
    assert bench.status(bench.hook()) == "503"


class Load:
    """Asks without a pause until it is told to stop, over connections that are kept and over new ones."""

    def __init__(self, bench):
        self.bench = bench
        self.statuses, self.errors = [], []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(2)]

    def ask(self):
        while not self.over.is_set():
            # No word of which is said twice: a proxy that repeated a request would be found out.
            asked = self.bench.curl(
                "--output", "/dev/null", "--write-out", "%{http_code}\\n", "--rate", "50/s", self.bench.hook("&n=[1-50]")
            )
            self.statuses += asked.stdout.split()
            self.errors += asked.stderr.splitlines()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        time.sleep(1)
        self.over.set()
        for thread in self.threads:
            thread.join()


def wait_until(holds, what, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def main():
    binary, programs = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="handover-proxy-") as work, contextlib.ExitStack() as stack:
        bench = Bench(binary, programs, pathlib.Path(work))
        stack.callback(bench.end)
        try:
            bench.make_database()
            for name in BRIDGES:
                bench.start_bridge(name)
            # One that the proxy finds away is asked again only later.
            wait_until(lambda: all(map(bench.is_ready, BRIDGES)), "both bridges are ready")
            bench.start_proxy()
            for check in (routes, logs, rolling_restart, without_a_store, console, health):
                began = time.monotonic()
                check(bench)
                print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)
        except BaseException:
            for log in sorted(bench.work.glob("*.log")):
                sys.stderr.write(f"--- {log.name}\n{log.read_text()[-3000:]}\n")
            raise


if __name__ == "__main__":
    main()
