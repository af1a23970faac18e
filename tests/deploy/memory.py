"""A bridge within the memory that it is deployed with, while strangers hold all its connections: memory.py BRIDGE.

Every connection that it takes sends a head that does not end, which wants no secret: as many as may have a long one
almost all that a head may have, the others almost what is not long yet. Needs Linux, and 10,000 files for this process and
the bridge, which root may have.
"""

import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = 10_000
CONFIGURATION = """
[server]
listen = "127.0.0.1:{port}"
drain = "0s"
[admin]
listen = "server"
[store]
url = "sqlite:{folder}/handover.db"
[bots.shop]
platform = "chatlayer"
region = "eu"
access_token = "an-access-token"
verify_token = "a-verify-token-of-the-test"
hook_key = "a-hook-key-of-the-test"
[desks.team]
kind = "console"
"""


def limits():
    """Those that are shipped, in bytes, by the file that sets them."""
    for file, pattern in (
        ("deploy/compose.yaml", r"^x-bridge: &bridge(?:\n .*)+?\n  mem_limit: (\d+)m$"),
        ("deploy/helm/handover-bridge/values.yaml", r"limits: \{ memory: (\d+)Mi \}"),
        ("docs/operations.md", r"docker run (?:.*\\\n)+?.*--memory (\d+)m "),
    ):
        (mebibytes,) = re.findall(pattern, (ROOT / file).read_text(), re.M)
        yield file, int(mebibytes) << 20


def bound(file, stands_at):
    """A number that the server goes by."""
    found = re.search(stands_at + r"(\d+)(?: << (\d+))?", (ROOT / file).read_text())
    assert found, f"{file} has no {stands_at}"
    number, shift = found.groups()
    return int(number) << int(shift or 0)


def bodies():
    """What they may take in all once they have come with a right secret, as docs/security.md says under "Load"."""
    shed, state = "src/http/shed.rs", (ROOT / "src/http/state/options.rs").read_text()
    unproved = bound(shed, r"const UNPROVED: Capacity = [^}]*body_bytes: ")
    each = bound(shed, r"impl Default for Capacity [^}]*body_bytes: ")
    gates = state.count("Shares::new(")
    assert gates, "there is no gate of those who have shown a secret"
    return unproved + gates * each


def heads(connections):
    longest = bound("src/http/server/connection.rs", "const MAX_HEAD: usize = ")
    long = bound("src/http/server/pace.rs", "const LONG: usize = ")
    may_be_long = bound("src/http/server.rs", "const LONG_HEADS: usize = ")
    begin = b"GET /livez HTTP/1.1\r\nHost: bridge\r\nX-Long: "
    for number in range(connections):
        length = longest if number < may_be_long else long
        yield begin + b"a" * (length - len(begin) - 256)


class Bridge:
    def __init__(self, binary, folder):
        self.port = free_port()
        configuration = pathlib.Path(folder) / "bridge.toml"
        configuration.write_text(CONFIGURATION.format(port=self.port, folder=folder))
        log = pathlib.Path(folder) / "log"
        with log.open("w") as told:
            self.process = subprocess.Popen([binary, "--config", configuration, "serve"], stderr=told)
        end = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < end, f"it does not start:\n{log.read_text()}"
            time.sleep(0.1)

    def answers(self):
        try:
            with self.connected() as connection:
                connection.settimeout(1)
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: bridge\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def connected(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def peak(self):
        """The most memory that it has had, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.M)[1]) << 10


def peak_of_a_flood(bridge, connections):
    held = [bridge.connected() for _ in range(connections)]
    for connection, head in zip(held, heads(connections), strict=True):
        connection.sendall(head)
    assert not bridge.answers(), "it has room for more: not all connections were held"
    # They are held for ten seconds.
    peak, end = 0, time.monotonic() + 8
    while (now := bridge.peak()) > peak and time.monotonic() < end:
        peak = now
        time.sleep(1)
    for connection in held:
        connection.close()
    return peak


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    connections = tomllib.loads((ROOT / "config/default.toml").read_text())["server"]["max_connections"]
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    began, in_bodies = time.monotonic(), bodies()
    with tempfile.TemporaryDirectory(prefix="handover-memory-") as folder:
        bridge = Bridge(binary, folder)
        try:
            peak = peak_of_a_flood(bridge, connections)
        finally:
            bridge.process.kill()
            bridge.process.wait()
    for file, limit in limits():
        told = f"{file} gives it {limit >> 20} MiB: {peak >> 20} MiB for connections, {in_bodies >> 20} MiB for bodies"
        assert peak + in_bodies < limit, told
    print(f"    {connections} connections: {peak >> 20} MiB, and {in_bodies >> 20} MiB that bodies may take")
    print(f"ok  whoever holds all connections does not take more memory than there is ({time.monotonic() - began:.1f} s)")


if __name__ == "__main__":
    main()
