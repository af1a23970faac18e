"""A network of two machines on this one: programs that run in them see each other, and nothing else."""

import os
import pathlib
import subprocess

BITS = 28
# Whoever runs as nobody may not be let into the tree, and some want to go back to where they were started.
NEUTRAL = "/"


class Machine:
    """A network namespace with addresses, and a /etc/hosts and a /run/secrets of its own for what runs in it."""

    def __init__(self, name, addresses, hosts, secrets):
        self.name = f"handover-{os.getpid()}-{name}"
        self.addresses = addresses
        self.hosts = hosts
        self.secrets = secrets
        self.running = []
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")

    def command(self, args):
        inside = (
            'mount --bind "$1" /etc/hosts && mount -t tmpfs none /run && mkdir /run/secrets '
            '&& mount --bind "$2" /run/secrets && shift 2 && exec "$@"'
        )
        return ["ip", "netns", "exec", self.name, "unshare", "--mount", "sh", "-c", inside, "sh",
                str(self.hosts), str(self.secrets), *map(str, args)]

    def start(self, args, log):
        with open(log, "ab") as output:
            process = subprocess.Popen(
                self.command(args), cwd=NEUTRAL, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.running.append(process)
        return process

    def run(self, args):
        return subprocess.run(self.command(args), cwd=NEUTRAL, capture_output=True, text=True, check=False)

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        run("ip", "netns", "delete", self.name)


def connect(one, other):
    """Lays a cable between two machines."""
    ends = [f"ho{os.getpid() % 1_000_000}{letter}" for letter in "ab"]
    run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
    for end, machine in zip(ends, (one, other), strict=True):
        run("ip", "link", "set", end, "netns", machine.name)
        for address in machine.addresses:
            run("ip", "-n", machine.name, "address", "add", f"{address}/{BITS}", "dev", end)
        run("ip", "-n", machine.name, "link", "set", end, "up")


def run(*args):
    subprocess.run(args, check=True)


def lines(log):
    """What has been written so far, without a line of which only a part is there yet."""
    return pathlib.Path(log).read_bytes().rpartition(b"\n")[0].decode().splitlines()


def write(path, text, mode=0o644):
    path = pathlib.Path(path)
    path.write_text(text)
    path.chmod(mode)
    return path
