"""What is measured, in which order. Every measurement adds its figures to the results under its own name."""

import time
from dataclasses import dataclass

from . import machine, report
from .servers import PASSWORD

KEEP_NOTHING = '[retention]\nobserved = "0s"\n'
LOG_OFF = '[telemetry]\nlog = "off"\n'


@dataclass
class Lengths:
    """How long and how often: in full, or to see that it works."""

    rounds: int
    seconds: float
    warm: float
    idle: float
    handovers: int
    # With whom open pages are about: seconds, and open handovers.
    pages: float
    watched: int


FULL = Lengths(rounds=3, seconds=4, warm=1.5, idle=30, handovers=10_000, pages=30, watched=5_000)
QUICK = Lengths(rounds=1, seconds=1.5, warm=0.5, idle=5, handovers=2_000, pages=8, watched=5_000)


class Plan:
    def __init__(self, on, servers, floors, lengths):
        self.machine = on
        self.servers = servers
        self.floors = floors
        self.lengths = lengths
        # name of a measurement → figures of each round
        self.results = {}

    def groups(self):
        """What --only names: each is a list of measurements that belong side by side."""
        return {
            'intake': [self.express, self.bare, self.group, self.intake],
            'unowned': [self.bare, self.unowned],
            'flow': [self.disk, self.relay, self.flow],
            'features': [self.intake, self.log_off, self.observed, self.unowned, self.one_conversation, self.repeats],
            'idle': [self.idle],
            'handovers': [self.handovers],
            'console': [self.console_alone, self.console],
        }

    def run(self, only, say):
        groups = self.groups()
        chosen = only or groups
        measurements = list(dict.fromkeys(step for name in chosen for step in groups[name]))
        once = [step for step in measurements if step in (self.idle, self.handovers)]
        rounds = [step for step in measurements if step not in once]
        for number in range(self.lengths.rounds if rounds else 0):
            # What the machine does at the side must not always meet the same one.
            turn = number % len(rounds)
            for step in rounds[turn:] + rounds[:turn]:
                say(f'round {number + 1} of {self.lengths.rounds}: {step.__name__}')
                step()
        for step in once:
            say(step.__name__)
            step()

    # Intake: a floor, the peer and the bridge by the same generator.

    def express(self):
        with self.servers.express() as server:
            self._load('express', server, [16, 64])

    def bare(self):
        with self.servers.bare() as server:
            self._load('bare', server, [16, 64])

    def group(self):
        with self.servers.group() as server:
            self._load('group', server, [16, 64])

    def intake(self):
        """Messages of open handovers whose desk has asked for a pause, so that their deliveries queue."""
        with self.servers.bridge() as server:
            self._load('intake', server, [16, 64], '--open', server.vendors)

    def unowned(self):
        """Messages that the bridge is told of and keeps nothing of."""
        with self.servers.bridge(KEEP_NOTHING) as server:
            self._load('unowned', server, [64])

    # What a feature costs: the same with it off, or sent so that it has nothing to do.

    def log_off(self):
        with self.servers.bridge(LOG_OFF) as server:
            self._load('log_off', server, [64], '--open', server.vendors)

    def observed(self):
        """Kept, and owed to nobody."""
        with self.servers.bridge() as server:
            self._load('observed', server, [64])

    def one_conversation(self):
        with self.servers.bridge() as server:
            self._load('one_conversation', server, [64], '--open', server.vendors, '--conversations', 1)

    def repeats(self):
        with self.servers.bridge() as server:
            self._load('repeats', server, [64], '--open', server.vendors, '--repeat')

    # From the platform's call to the desk.

    def disk(self):
        with self.machine.data() as data:
            command = [self.floors, 'disk', '--file', data / 'probe', '--seconds', 2]
            # It stands for the writer's wait, so it runs where the writer does.
            self._add('disk', self.machine.measure(command, self.machine.server_core)[0])

    def relay(self):
        with self.servers.relay() as server:
            self._flow('relay', server)

    def flow(self):
        with self.servers.bridge() as server:
            self._flow('flow', server, '--open')

    # Messages while operators look at their pages.

    def console_alone(self):
        """The same messages to the same desk, and nobody looks."""
        self._console(report.ALONE, 0)

    def console(self):
        self._console(report.WATCHED, report.OPERATORS)

    # Once.

    def idle(self):
        with self.servers.bridge() as server:
            time.sleep(3)
            before = machine.processor_seconds(server.pid)
            time.sleep(self.lengths.idle)
            used = machine.processor_seconds(server.pid) - before
            rss = machine.memory_mb(server.pid, 'VmRSS')
            self._add('idle', {'rss_mb': rss, 'core_share': used / self.lengths.idle})

    def handovers(self):
        """The open handovers of a busy day, and nobody writes."""
        with self.servers.bridge() as server:
            command = [self.floors, 'load', '--url', server.url, '--pid', server.pid]
            command += ['--open', server.vendors, '--conversations', self.lengths.handovers]
            self.machine.measure(command)
            peak = machine.memory_mb(server.pid, 'VmHWM')
            self._add('handovers', {'peak_mb': peak, 'handovers': self.lengths.handovers})

    def _load(self, name, server, connections, *options):
        command = [self.floors, 'load', '--url', server.url, '--pid', server.pid]
        command += ['--connections', ','.join(map(str, connections))]
        command += ['--seconds', self.lengths.seconds, '--warm', self.lengths.warm, *options]
        lines = self.machine.measure(command)
        peak = machine.memory_mb(server.pid, 'VmHWM')
        for line in lines:
            self._add(f'{name} {line["connections"]}', line | {'peak_mb': peak})

    def _flow(self, name, server, *options):
        command = [self.floors, 'flow', '--url', server.url, '--pid', server.pid, '--vendors', server.vendors]
        command += ['--rates', '100,1000', '--in-flight', 64]
        command += ['--seconds', self.lengths.seconds, '--warm', self.lengths.warm, *options]
        lines = self.machine.measure(command)
        peak = machine.memory_mb(server.pid, 'VmHWM')
        for line in lines:
            kind = f'{line["rate"]}/s' if 'rate' in line else f'{line["in_flight"]} in flight'
            self._add(f'{name} {kind}', line | {'peak_mb': peak})

    def _console(self, name, operators):
        with self.servers.console(operators) as server:
            command = [self.floors, 'console', '--url', server.url, '--pid', server.pid, '--vendors', server.vendors]
            command += ['--console', server.console, '--password', PASSWORD, '--consoles', operators]
            command += ['--conversations', self.lengths.watched, '--seconds', self.lengths.pages]
            figures = self.machine.measure(command)[0]
            memory = {'peak_mb': machine.memory_mb(server.pid, 'VmHWM'), 'rss_mb': machine.memory_mb(server.pid, 'VmRSS')}
            self._add(name, figures | memory)

    def _add(self, name, figures):
        self.results.setdefault(name, []).append(figures)
