"""A bridge that nothing lets out but what docs/operations.md lists: egress.py BINARY.

It runs where packets of its are dropped and counted unless they go to the configured hosts, and once more where they go
to a proxy alone that knows these hosts. Needs root, ip, nft, curl, openssl and setpriv.
"""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from namespaces import Machine, connect, lines, write

HERE = pathlib.Path(__file__).resolve().parent
BRIDGE, WORLD = "10.77.0.1", "10.77.0.2"
USER = 65532
VERIFY_TOKEN = "a-verify-token-of-the-egress-test"
HOOK = f"/hooks/chatlayer/shop/a-hook-key-of-the-egress-test?challenge.verifyToken={VERIFY_TOKEN}"
DESK_TOKEN = "a-desk-token-of-the-egress-test"
CONFIGURATION = f"""
[server]
listen = "{BRIDGE}:8080"
public_url = "https://bridge.example.com"
drain = "0s"
[outbound]
allow_networks = ["{WORLD}/32"]
[bots.shop]
platform = "chatlayer"
api_url = "https://chat.example.com"
access_token = "an-access-token"
verify_token = "{VERIFY_TOKEN}"
hook_key = "a-hook-key-of-the-egress-test"
[desks.team]
kind = "webhook"
url = "https://desk.example.com/hooks"
secret = "whsec_c21va2UtdGVzdC1zZWNyZXQtMTIzNA=="
token = "{DESK_TOKEN}"
"""
RULES = """
table inet filter {{
    counter dropped {{}}
    chain out {{
        type filter hook output priority 0; policy drop;
        oif lo accept
        ct state established accept
        ip daddr {world} tcp dport {port} accept
        meta skuid {user} counter name dropped
    }}
    chain in {{
        type filter hook input priority 0; policy drop;
        iif lo accept
        ct state established accept
        ip saddr {world} tcp dport 8080 accept
    }}
}}
"""


class Bench:
    def __init__(self, binary, work, port, names, environment):
        self.work, self.notes = work, work / "notes"
        self.notes.touch()
        nothing = work / "nothing"
        nothing.mkdir()
        hosts = write(work / "hosts", "127.0.0.1 localhost\n" + "".join(f"{WORLD} {name}\n" for name in names))
        self.machine = Machine("bridge", [BRIDGE], hosts, nothing)
        self.world = Machine("world", [WORLD], hosts, nothing)
        connect(self.machine, self.world)
        rules = write(work / "rules", RULES.format(world=WORLD, port=port, user=USER))
        assert self.machine.run(["nft", "--file", rules]).returncode == 0
        certificate(work)
        self.world.start([sys.executable, HERE / "world.py", WORLD, work / "tls.pem", self.notes], work / "world.log")
        # The proxy is what it listens as last.
        wait_until(lambda: self.world.run(["curl", "--silent", f"http://{WORLD}:3128/"]).returncode == 0, "the world is there")
        data = work / "data"
        data.mkdir()
        shutil.chown(data, USER, USER)
        configuration = write(work / "bridge.toml", CONFIGURATION)
        # The user that it runs as may not be let into the folder that it was built in.
        binary = shutil.copy(binary, work / "handover")
        self.as_bridge = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "env", "--chdir", data]
        self.machine.start(
            [*self.as_bridge, f"SSL_CERT_FILE={work / 'tls.crt'}", "HANDOVER__STORE__URL=sqlite:handover.db",
             *environment, binary, "--config", configuration, "serve"], work / "bridge.log")

    def call(self, path, body=None, token=None):
        """From outside, as the platform and the desk do."""
        args = ["curl", "--silent", "--max-time", "10", "--header", "Content-Type: application/json"]
        args += [] if body is None else ["--data", json.dumps(body)]
        args += [] if token is None else ["--header", f"Authorization: Bearer {token}"]
        return self.world.run([*args, f"http://{BRIDGE}:8080{path}"]).stdout

    def noted(self):
        return [json.loads(line) for line in lines(self.notes)]

    def dropped(self):
        """Packets of the bridge that were let out by nobody."""
        listed = self.machine.run(["nft", "list", "counter", "inet", "filter", "dropped"]).stdout
        return int(re.search(r"packets (\d+)", listed)[1])

    def wait_for_call(self, host, word):
        wait_until(lambda: any(noted.get("called") == host and word in noted["body"] for noted in self.noted()),
                   f"{host} is told {word}")

    def end(self):
        self.machine.end()
        self.world.end()


def certificate(work):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=example.com", "-addext", "subjectAltName=DNS:chat.example.com,DNS:desk.example.com",
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", work / "tls.key", "-out", work / "tls.crt"],
        check=True, stderr=subprocess.DEVNULL,
    )
    (work / "tls.crt").chmod(0o644)
    write(work / "tls.pem", (work / "tls.crt").read_text() + (work / "tls.key").read_text())


def handover(bench):
    """From the request for an agent to the bot that speaks again."""
    wait_until(lambda: '"ready"' in bench.call("/readyz"), "the bridge is ready")
    said = {"type": "text", "text": "help", "sender": {"id": "s1"}}
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    event = {"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1", "timestamp": now,
             "transcript": [{"actor": "user", "message": said, "timestamp": now}]}
    answer = bench.call(HOOK, event)
    assert json.loads(answer) == {"offloadSuccess": True, "pauseBot": True}, answer
    (opened,) = [json.loads(noted["body"]) for noted in bench.noted() if "handover.opened" in noted.get("body", "")]
    events = f"/api/v1/handovers/{opened['data']['handover']['id']}/events"
    bench.call(events, {"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}}, DESK_TOKEN)
    bench.wait_for_call("chat.example.com", "Hello, I am Ann")
    bench.call(events, {"type": "closed", "reason": "solved"}, DESK_TOKEN)
    bench.wait_for_call("chat.example.com", "unpauseBot")
    dropped = bench.dropped()
    assert dropped == 0, f"the bridge has tried to send {dropped} packets to somebody who is not configured"
    elsewhere = [*bench.as_bridge, "curl", "--silent", "--max-time", "1", f"http://{WORLD}:444/"]
    assert bench.machine.run(elsewhere).returncode != 0
    assert bench.dropped() > 0, "packets are not counted: nothing has been checked"


def listed_hosts(binary, work):
    """a handover goes from end to end where nothing is let out but https to the configured hosts"""
    with started(Bench(binary, work, 443, ("chat.example.com", "desk.example.com"), [])) as bench:
        handover(bench)


def proxy_alone(binary, work):
    """and where nothing is let out but a proxy, which is asked for these hosts and no others"""
    with started(Bench(binary, work, 3128, ("proxy",), ["HTTPS_PROXY=http://proxy:3128"])) as bench:
        handover(bench)
        connected = {noted["connected"] for noted in bench.noted() if "connected" in noted}
        assert connected == {"chat.example.com:443", "desk.example.com:443"}, connected


@contextlib.contextmanager
def started(bench):
    try:
        yield bench
    except BaseException:
        for log in sorted(bench.work.glob("*.log")):
            sys.stderr.write(f"--- {log.name}\n{log.read_text()[-3000:]}\n")
        raise
    finally:
        bench.end()


def wait_until(holds, what, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    for check in (listed_hosts, proxy_alone):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="handover-egress-") as work:
            pathlib.Path(work).chmod(0o755)
            check(binary, pathlib.Path(work))
        print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
