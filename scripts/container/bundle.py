"""An unpacked image, hardened as docs/operations.md advises, run by runc."""

import json
import os
import pathlib
import subprocess
import time

USER = 65532
MEMORY_LIMIT = 128 * 1024 * 1024
PROCESS_LIMIT = 64
FILE_LIMIT = 16384


class Bundle:
    """Runs commands of the image, one container each, under settings that nothing in it may need to widen."""

    def __init__(self, directory, seccomp):
        self.directory = pathlib.Path(directory)
        self.rootfs = self.directory / "rootfs"
        self.image_config = json.loads((self.directory / "config.json").read_text())
        self.seccomp = seccomp
        self.started = 0

    def entry_point(self):
        return self.image_config["process"]["args"]

    def run(self, args, mounts=(), env=None):
        """Runs a command to its end."""
        name, bundle = self._prepare(args, mounts, env)
        return subprocess.run(
            ["runc", "run", "--bundle", bundle, name],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )

    def start(self, args, mounts, env, log):
        """Starts a command and leaves it running."""
        name, bundle = self._prepare(args, mounts, env)
        output = open(log, "wb")
        runc = subprocess.Popen(
            ["runc", "run", "--bundle", bundle, name],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )
        return Container(name, runc)

    def _prepare(self, args, mounts, env):
        self.started += 1
        name = f"handover-smoke-{os.getpid()}-{self.started}"
        bundle = self.directory.parent / name
        bundle.mkdir(exist_ok=True)
        (bundle / "config.json").write_text(json.dumps(self._config(args, mounts, env or {})))
        return name, bundle

    def _config(self, args, mounts, env):
        config = json.loads(json.dumps(self.image_config))
        config["root"] = {"path": str(self.rootfs.resolve()), "readonly": True}
        process = config["process"]
        process["terminal"] = False
        process["args"] = list(args)
        process["env"] = [f"{name}={value}" for name, value in env.items()]
        process["capabilities"] = {}
        process["noNewPrivileges"] = True
        process["rlimits"] = [{"type": "RLIMIT_NOFILE", "hard": FILE_LIMIT, "soft": FILE_LIMIT}]
        # The stubs that the bridge calls are on the loopback of this machine, so it shares the network; /sys with it.
        linux = config["linux"]
        linux["namespaces"] = [space for space in linux["namespaces"] if space["type"] != "network"]
        replaced = {"/sys", "/sys/fs/cgroup", *(mount["destination"] for mount in mounts)}
        config["mounts"] = [
            *(mount for mount in config["mounts"] if mount["destination"] not in replaced),
            bind("/sys", "/sys"),
            *mounts,
        ]
        linux["resources"] = {
            "memory": {"limit": MEMORY_LIMIT, "swap": MEMORY_LIMIT},
            "pids": {"limit": PROCESS_LIMIT},
            "devices": [{"allow": False, "access": "rwm"}],
        }
        linux["maskedPaths"] = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]
        linux["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        linux["seccomp"] = self.seccomp
        return config


class Container:
    """A running container."""

    def __init__(self, name, runc):
        self.name = name
        self.runc = runc

    def pid(self):
        state = subprocess.run(["runc", "state", self.name], capture_output=True, text=True, check=True)
        return json.loads(state.stdout)["pid"]

    def exec(self, args, env):
        command = ["runc", "exec"]
        for name, value in env.items():
            command += ["--env", f"{name}={value}"]
        return subprocess.run([*command, self.name, *args], capture_output=True, text=True, timeout=30, check=False)

    def status(self):
        """What the kernel says of its first process."""
        lines = pathlib.Path(f"/proc/{self.pid()}/status").read_text().splitlines()
        return {key: value.split() for key, value in (line.split(":", 1) for line in lines)}

    def mounts(self):
        """The fields of its mounts, as the kernel lists them."""
        return [line.split() for line in pathlib.Path(f"/proc/{self.pid()}/mountinfo").read_text().splitlines()]

    def terminate(self, within):
        """Sends SIGTERM; gives the exit status and how long it took."""
        began = time.monotonic()
        subprocess.run(["runc", "kill", self.name, "TERM"], check=True)
        status = self.runc.wait(timeout=within)
        return status, time.monotonic() - began

    def end(self):
        if self.runc.poll() is None:
            subprocess.run(["runc", "kill", self.name, "KILL"], check=False)
            self.runc.wait(timeout=10)
        subprocess.run(["runc", "delete", "--force", self.name], stderr=subprocess.DEVNULL, check=False)


def seccomp(profile, machine):
    """The engines' own default profile, in the form that runc reads, for a process without capabilities."""
    profile = json.loads(pathlib.Path(profile).read_text())
    arches = {"x86_64": ("amd64", ["SCMP_ARCH_X86_64"]), "aarch64": ("arm64", ["SCMP_ARCH_AARCH64"])}
    arch, names = arches[machine]
    calls = []
    for rule in profile["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if includes.get("caps") or (includes.get("arches") and arch not in includes["arches"]):
            continue
        if arch in (excludes.get("arches") or []):
            continue
        if not rule.get("names"):
            continue
        call = {"names": rule["names"], "action": rule["action"]}
        if rule.get("args"):
            call["args"] = [{key: arg[key] for key in ("index", "value", "valueTwo", "op") if key in arg} for arg in rule["args"]]
        if "errnoRet" in rule:
            call["errnoRet"] = rule["errnoRet"]
        calls.append(call)
    return {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"], "architectures": names, "syscalls": calls}


def bind(source, destination, writable=False):
    options = ["rbind", "nosuid", "nodev", "noexec", "rw" if writable else "ro"]
    return {"destination": destination, "type": "bind", "source": str(source), "options": options}
