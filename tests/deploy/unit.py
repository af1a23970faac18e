"""What systemd is told by deploy/systemd/handover.service: unit.py BRIDGE.

systemd reads the unit, and the bridge ends as the unit takes it to. Needs systemd-analyze, of systemd 250 or newer. That
the service runs is not seen here, since that wants a machine on which systemd does.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/systemd/handover.service"
INSTALLED = "/usr/local/bin/handover"
CONFIGURATION = """
[server]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "postgres://bridge@127.0.0.1:{port}/bridge?sslmode=disable"
[bots.shop]
platform = "chatlayer"
region = "eu"
access_token = "an-access-token"
verify_token = "a-verify-token-of-the-test"
hook_key = "a-hook-key-of-the-test"
[desks.team]
kind = "console"
"""


def settings():
    """What is set, by section and name: all values that a name is given."""
    said, section = {}, None
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, value = line.split("=", 1)
            said.setdefault((section, name), []).append(value)
    return said


def readable(binary):
    """systemd knows every setting, and rates the exposure as docs/operations.md says"""
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / UNIT.name
        unit.write_text(UNIT.read_text().replace(INSTALLED, str(binary)))
        verified = analyze("verify", "--recursive-errors=no", "--man=no", unit)
        assert verified.returncode == 0 and UNIT.name not in verified.stderr, verified.stderr
        unit.write_text(unit.read_text().replace("[Service]", "[Service]\nRestartt=always"))
        assert "Restartt" in analyze("verify", "--recursive-errors=no", "--man=no", unit).stderr, "nothing is read"
    rated = analyze("security", "--offline=yes", UNIT).stdout
    (exposure,) = re.findall(r"Overall exposure level for \S+: (\S+)", rated)
    (told,) = re.findall(r"rates its exposure\s+(\S+)\s+of", (ROOT / "docs/operations.md").read_text())
    # Another version weighs a thing or two otherwise.
    assert abs(float(exposure) - float(told)) < 0.35, f"{exposure}, and docs/operations.md says {told}"


def never_given_up(binary):
    """whatever ends the bridge, it is started again for ever, unless its configuration has a fault"""
    said = settings()
    assert said.get(("Unit", "StartLimitIntervalSec")) == ["0"], "systemd gives up after 5 starts within 10 s"
    assert said["Service", "Restart"] == ["always"], "an end by SIGHUP is a clean one"
    assert ("Service", "ExecStartPre") not in said, "RestartPreventExitStatus hears the main process alone"
    (left_alone,) = said.get(("Service", "RestartPreventExitStatus"), ["none"])
    with tempfile.TemporaryDirectory() as folder, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        toml = pathlib.Path(folder) / "bridge.toml"
        toml.write_text(CONFIGURATION.format(port=nobody.getsockname()[1]))
        code, says = ended(binary, folder, toml)
        assert code not in (0, int(left_alone)) and "error" in says, f"the database is away: {code}, {says}"
        toml.write_text(toml.read_text() + "colour = 'red'\n")
        code, says = ended(binary, folder, toml)
        assert code == int(left_alone) and "colour" in says, f"a fault of the configuration: {code}, {says}"


def given_time_and_files(_):
    """a stop has the time that the bridge takes, and there are files for all connections"""
    said = settings()
    server = tomllib.loads((ROOT / "config/default.toml").read_text())["server"]
    (seconds,) = said["Service", "TimeoutStopSec"]
    assert int(seconds) >= int(server["drain"].removesuffix("s")) + 20
    (files,) = said["Service", "LimitNOFILE"]
    assert int(files) > server["max_connections"] + 1000


def ended(binary, folder, toml):
    """The exit code of a bridge that cannot start, and what it says."""
    run = subprocess.run([binary, "--config", toml, "serve"], env={**os.environ, "HOME": folder}, cwd=folder,
                         capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout + run.stderr


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], env={**os.environ, "LC_ALL": "C"},
                          capture_output=True, text=True, check=False)


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    for check in (readable, never_given_up, given_time_and_files):
        began = time.monotonic()
        check(binary)
        print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
