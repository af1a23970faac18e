"""Processes on their cores, addresses and folders. Whatever is started here is ended here, whichever way a run ends."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

START_WITHIN = 30
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Failed(Exception):
    """The run cannot go on, and why."""


class Machine:
    """One core for the servers, one for what measures them."""

    def __init__(self, folder):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise Failed('two cores are needed: one for the server, one for what measures it')
        self.server_core, self.load_core = cores[:2]
        self.folder = folder
        self.started = 0

    @contextlib.contextmanager
    def data(self):
        """An empty folder, gone afterwards. What was written must not be synced while the next server is measured."""
        self.started += 1
        folder = self.folder / f'data-{os.getpid()}-{self.started}'
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
            os.sync()

    @contextlib.contextmanager
    def server(self, command, address, log, ends_by=signal.SIGKILL):
        """A server on its core, from its first answered connection on. It is killed: its data is thrown away."""
        with log.open('wb') as output:
            process = self._spawn(command, self.server_core, stdout=output, stderr=output)
        try:
            wait_until_listening(process, address, log)
            yield process
            if process.poll() is not None:
                raise Failed(f'{command[0]} has ended by itself:\n{last_words(log)}')
        finally:
            end(process, ends_by)

    def measure(self, command, core=None):
        """Runs a measuring command, on the core that the server has not; its lines."""
        core = self.load_core if core is None else core
        process = self._spawn(command, core, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate()
        finally:
            end(process)
        if process.returncode != 0:
            raise Failed(f'{" ".join(map(str, command))}:\n{errors.decode(errors="replace")[-2000:]}')
        return [json.loads(line) for line in output.splitlines()]

    @staticmethod
    def _spawn(command, core, **streams):
        parent = os.getpid()

        def prepare():
            os.sched_setaffinity(0, {core})
            # Also when this script is killed, which nothing can catch.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        # What a developer has set for his own bridge is not for this one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith('HANDOVER_')}
        environment['NODE_ENV'] = 'production'
        return subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, preexec_fn=prepare, env=environment, **streams
        )


def free_address():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return f'127.0.0.1:{listener.getsockname()[1]}'


def wait_until_listening(process, address, log):
    host, port = address.split(':')
    give_up = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.02)
    raise Failed(f'{process.args[0]} does not listen:\n{last_words(log)}')


def end(process, by=signal.SIGKILL):
    if process.poll() is None:
        process.send_signal(by)
    process.wait()


def last_words(log):
    return log.read_text(errors='replace')[-2000:]


def memory_mb(pid, field):
    """`VmRSS` or its peak, `VmHWM`."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        name, _, value = line.partition(':')
        if name == field:
            return int(value.split()[0]) / 1024
    raise Failed(f'/proc does not tell {field}')


def processor_seconds(pid):
    """Of all its threads, those that have ended too. Finer than the ticks of /proc/PID/stat: an idle server uses less than
    one in a second."""
    # How Linux numbers the clock of a process: CPUCLOCK_SCHED, below the complement of its id.
    return time.clock_gettime(~pid << 3 | 2)
