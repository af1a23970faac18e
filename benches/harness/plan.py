"""What is measured, in which order. Every measurement adds its figures to the results under its own name."""

import time
from dataclasses import dataclass
from pathlib import Path

from . import machine, report, share
from .servers import PASSWORD

KEEP_NOTHING = '[retention]\nobserved = "0s"\n'
LOG_OFF = '[telemetry]\nlog = "off"\n'


# Fills a database.
STORED = Path(__file__).with_name('stored.sql')
# The statement that a claim is, by words of it: its calls and all its time, planning included.
CLAIM = 'FROM handover_claim('
TIMES = """
    SELECT coalesce(sum(calls), 0), coalesce(sum(total_plan_time + total_exec_time), 0)
    FROM pg_stat_statements WHERE strpos(regexp_replace(query, '\\s+', ' ', 'g'), '{words}') > 0
"""


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
    claims: float


FULL = Lengths(rounds=3, seconds=4, warm=1.5, idle=30, handovers=10_000, pages=30, watched=5_000, claims=15)
QUICK = Lengths(rounds=1, seconds=1.5, warm=0.5, idle=5, handovers=2_000, pages=8, watched=5_000, claims=3)


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
        replicas = [self.two_replicas, self.ordered, self.two_ordered]
        shares = [self.share, self.two_shares, self.share_ordered, self.two_shares_ordered]
        possible = shares if share.is_possible() else []
        return {
            'intake': [self.express, self.express_silent, self.bare, self.group, self.intake],
            'unowned': [self.bare, self.unowned],
            'flow': [self.disk, self.relay, self.flow],
            'features': [self.intake, self.log_off, self.observed, self.unowned, self.one_conversation, self.repeats],
            'idle': [self.idle],
            'handovers': [self.handovers],
            'console': [self.console_alone, self.console],
            'postgres': [self.unnest, self.postgres, *replicas, *possible, self.claims],
            'postgres-intake': [self.unnest, self.postgres],
            'postgres-replicas': [self.postgres, *replicas],
            'postgres-shares': shares,
            'postgres-claim': [self.claims],
        }

    def run(self, only, say):
        groups = self.groups()
        chosen = only or groups
        measurements = list(dict.fromkeys(step for name in chosen for step in groups[name]))
        once = [step for step in measurements if step in (self.idle, self.handovers, self.claims)]
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

    def express_silent(self):
        with self.servers.express('--silent') as server:
            self._load('express, silent', server, [16, 64])

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

    # PostgreSQL: its processes share the core of the servers.

    def unnest(self):
        with self.servers.unnest() as floor:
            self._load_replicas('unnest', floor)

    def postgres(self):
        """As intake."""
        with self.servers.replicas(1) as one:
            self._load_replicas('postgres', one, '--open', one.vendors)

    def two_replicas(self):
        """The same messages, half of the connections to each."""
        with self.servers.replicas(2) as two:
            self._load_replicas('two replicas', two, '--open', two.vendors)

    def ordered(self):
        """Intake and delivery, several messages of a conversation at a time, which must come in their order."""
        with self.servers.replicas(1) as one:
            self._in_order('postgres in order', one)

    def two_ordered(self):
        """The same, one message of a conversation to one replica and the next to the other."""
        with self.servers.replicas(2) as two:
            self._in_order('two replicas in order', two)

    # The same again where each replica has a processor of its own, or as much of one as another.

    def share(self):
        with self.servers.replicas(1, part=report.PART) as one:
            self._load_replicas('share', one, '--open', one.vendors)

    def two_shares(self):
        with self.servers.replicas(2, part=report.PART) as two:
            self._load_replicas('two shares', two, '--open', two.vendors)

    def share_ordered(self):
        with self.servers.replicas(1, part=report.PART) as one:
            self._in_order('share in order', one)

    def two_shares_ordered(self):
        with self.servers.replicas(2, part=report.PART) as two:
            self._in_order('two shares in order', two)

    # Once.

    def claims(self):
        """How long the database takes for what the bridge asks when it claims a lane, with little and with much stored."""
        for stored in (report.FEW, report.MANY):
            with self.servers.replicas(1, tells_statements=True) as one:
                there = one.database
                there.run(STORED, stored=stored, owed=report.OWED)
                there.ask('SELECT pg_stat_statements_reset()')
                command = [self.floors, 'flow', *one.arguments(), '--vendors', one.vendors, '--open']
                command += ['--rates', 100, '--conversations', 200, '--seconds', self.lengths.claims]
                figures = self.machine.measure(command)[0]
                self._add(f'claims, {stored:,} stored', figures | claim_times(there))

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

    def _load_replicas(self, name, replicas, *options):
        command = [self.floors, 'load', *replicas.arguments(), '--connections', 64]
        command += ['--seconds', self.lengths.seconds, '--warm', self.lengths.warm, *options]
        self._add_of_replicas(f'{name} 64', replicas, self.machine.measure(command)[0])

    def _in_order(self, name, replicas):
        command = [self.floors, 'flow', *replicas.arguments(), '--vendors', replicas.vendors, '--open']
        # 64 messages in flight, as without the order.
        command += ['--in-flight', 16, '--burst', 4, '--seconds', self.lengths.seconds, '--warm', self.lengths.warm]
        self._add_of_replicas(name, replicas, self.machine.measure(command)[0])

    def _add_of_replicas(self, name, replicas, figures):
        peaks = [machine.memory_mb(server.pid, 'VmHWM') for server in replicas.servers]
        self._add(name, figures | {'peak_mb': max(peaks)})

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


def claim_times(there):
    """How long a claim takes; it has to be found."""
    [[claims, total]] = there.ask(TIMES.format(words=CLAIM))
    if int(claims) == 0:
        raise machine.Failed(f'the database was not asked for a claim: {CLAIM}')
    return {'claims': int(claims), 'claim_ms': float(total) / int(claims)}
