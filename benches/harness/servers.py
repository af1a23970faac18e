"""The bridge, its floors and its peer, each as a running server with the URL that messages go to."""

import contextlib
import time
import urllib.request
from dataclasses import dataclass

from . import database, machine, share

VERIFY_TOKEN = 'bench-verify-token-0123456789'
HOOK_KEY = 'bench-hook-key-0123456789'
PASSWORD = 'bench-password-0123456789'
# What `handover console user add` makes of it.
PASSWORD_HASH = '$argon2id$v=19$m=19456,t=2,p=1$hOStdcmpJYbaTP2tg7KJFw$IG3iT5DNjNc2O5e2nwfobKbUq5X7tUzXqW9Y272G1EM'

# Everything else is as it is delivered: log, repeats, order, journal, synced commits.
CONFIGURATION = """
[server]
listen = "{listen}"
public_url = "http://{listen}"

[admin]
listen = "{admin}"
token = "bench-admin-token-0123456789-0123456789"

[store]
url = "{store}"

[outbound]
allow_networks = ["127.0.0.0/8"]

[bots.shop]
platform = "chatlayer"
api_url = "http://{vendors}"
access_token = "bench-access-token"
verify_token = "{verify_token}"
hook_key = "{hook_key}"
{more}
"""

STUB = """
[desks.stub]
kind = "webhook"
url = "http://{vendors}/desk"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "bench-desk-token-0123456789"
"""

TEAM = """
[desks.team]
kind = "console"
"""


@dataclass
class Server:
    pid: int
    url: str
    vendors: str | None = None
    console: str | None = None


@dataclass
class Replicas:
    """Several bridges, or one, or a floor, on a PostgreSQL."""

    servers: list[Server]
    database: database.Database

    def arguments(self):
        """For whoever measures them."""
        urls, pids = ([getattr(server, name) for server in self.servers] for name in ('url', 'pid'))
        return ['--url', ','.join(urls), '--pid', ','.join(map(str, pids)), '--database', self.database.pid]

    @property
    def vendors(self):
        return self.servers[0].vendors


class Servers:
    """Starts any of them by name."""

    def __init__(self, on, bridge, floors, express):
        self.machine = on
        self.bridge_binary = bridge
        self.floors = floors
        self.express_folder = express

    @contextlib.contextmanager
    def bare(self):
        with self._floor('bare') as server:
            yield server

    @contextlib.contextmanager
    def group(self):
        with self.machine.data() as data, self._floor('group', '--file', data / 'floor.db') as server:
            yield server

    @contextlib.contextmanager
    def relay(self):
        vendors = machine.free_address()
        desk = f'http://{vendors}/desk'
        with self.machine.data() as data:
            with self._floor('relay', '--file', data / 'floor.db', '--desk', desk) as server:
                server.vendors = vendors
                yield server

    @contextlib.contextmanager
    def express(self, *options):
        address = machine.free_address()
        command = ['node', self.express_folder / 'server.js', address, *options]
        # What it prints grows with every message.
        with self.machine.data() as data, self.machine.server(command, address, data / 'express.log') as process:
            yield Server(process.pid, f'http://{address}/hooks?challenge.verifyToken={VERIFY_TOKEN}')

    def bridge(self, more=''):
        """With a desk that is called, and more configuration, in TOML, than every run has."""
        return self._bridge(STUB + more)

    def console(self, operators):
        """With a desk of so many operators, `agent_1` and so on, in the bridge itself."""
        user = '[admin.users.agent_{}]\npassword_hash = "{}"\nrole = "agent"\n'
        users = [user.format(number + 1, PASSWORD_HASH) for number in range(operators)]
        return self._bridge(TEAM + ''.join(users))

    @contextlib.contextmanager
    def unnest(self):
        with self._database() as there, self._floor('unnest', '--database', there.url) as server:
            yield Replicas([server], there)

    @contextlib.contextmanager
    def replicas(self, count, tells_statements=False, part=None):
        """So many bridges on one database, with one desk; each with a part of a core, or all with as much as they get."""
        vendors = machine.free_address()
        with self._database(tells_statements) as there, contextlib.ExitStack() as running:
            servers = []
            # One after another: the first makes the tables.
            for _ in range(count):
                confine = running.enter_context(share.of_a_core(part)) if part else None
                servers.append(running.enter_context(self._bridge(STUB, there.url, vendors)))
                if confine:
                    confine(servers[-1].pid)
            yield Replicas(servers, there)

    def _database(self, tells_statements=False):
        return database.started(self.machine, self._log('postgres'), tells_statements)

    @contextlib.contextmanager
    def _bridge(self, more, store=None, vendors=None):
        listen, admin = (machine.free_address() for _ in range(2))
        vendors = vendors or machine.free_address()
        with self.machine.data() as data:
            configuration = data / 'handover.toml'
            configuration.write_text(
                CONFIGURATION.format(
                    listen=listen,
                    admin=admin,
                    vendors=vendors,
                    store=store or f'sqlite:{data}/handover.db',
                    verify_token=VERIFY_TOKEN,
                    hook_key=HOOK_KEY,
                    more=more.replace('{vendors}', vendors),
                )
            )
            command = [self.bridge_binary, 'serve', '--config', configuration]
            # In the folder that is thrown away: a log of every request grows.
            with self.machine.server(command, listen, data / 'bridge.log') as process:
                wait_until_ready(f'http://{listen}/readyz', data / 'bridge.log')
                url = f'http://{listen}/hooks/chatlayer/shop/{HOOK_KEY}?challenge.verifyToken={VERIFY_TOKEN}'
                yield Server(process.pid, url, vendors, f'http://{admin}')

    @contextlib.contextmanager
    def _floor(self, name, *options):
        address = machine.free_address()
        command = [self.floors, name, '--listen', address, *options]
        with self.machine.server(command, address, self._log(name)) as process:
            yield Server(process.pid, f'http://{address}/hooks')

    def _log(self, name):
        return self.machine.folder / f'{name}.log'


def wait_until_ready(url, log):
    """A bridge listens before its store is open, and takes nothing until then."""
    give_up = time.monotonic() + machine.START_WITHIN
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.02)
    raise machine.Failed(f'the bridge does not become ready:\n{machine.last_words(log)}')
