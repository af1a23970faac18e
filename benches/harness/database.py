"""A PostgreSQL of the run's own: Debian's programs, an unprivileged user, loopback, commits that are on the disk."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import machine

PROGRAMS = Path('/usr/lib/postgresql')
# Beyond what is not said here it is as PostgreSQL is delivered. No checkpoint falls into one measurement and not into
# another, and whoever measures can ask which statement took how long.
SETTINGS = {
    'fsync': 'on',
    'synchronous_commit': 'on',
    'full_page_writes': 'on',
    'shared_buffers': '512MB',
    'max_wal_size': '8GB',
    'checkpoint_timeout': '1h',
    'unix_socket_directories': "''",
}
STATEMENTS = {'shared_preload_libraries': 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on'}
NOBODY = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']


@dataclass
class Database:
    pid: int
    address: str

    @property
    def url(self):
        return f'postgres://bridge@{self.address}/postgres'

    def ask(self, statement):
        """The rows that it answers with, each a list of texts."""
        return self._psql('--command', statement)

    def run(self, script, **values):
        """The statements of a file, with values for its variables."""
        given = [word for name, value in values.items() for word in ('--set', f'{name}={value}')]
        self._psql('--file', script, *given)

    def _psql(self, *options):
        command = [programs() / 'psql', '--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--field-separator=\t']
        command += ['--set', 'ON_ERROR_STOP=1', '--dbname', self.url, *options]
        said = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise machine.Failed(f'{" ".join(map(str, options))}: {said.stderr[-2000:]}')
        return [line.split('\t') for line in said.stdout.splitlines()]


def programs():
    """Of the newest version that is here."""
    found = [folder for folder in PROGRAMS.glob('*/bin') if (folder / 'initdb').exists()]
    if not found:
        raise machine.Failed('no PostgreSQL is here: apt-get install postgresql')
    return max(found, key=lambda folder: int(folder.parent.name))


@contextlib.contextmanager
def started(on, log, tells_statements=False):
    """An empty cluster on the servers' core, gone afterwards."""
    as_nobody = NOBODY if os.geteuid() == 0 else []
    # Not in the target folder, into which nobody else may look; and not in /tmp, which may be memory.
    work = Path(tempfile.mkdtemp(prefix='handover-bench-', dir='/var/tmp'))
    try:
        work.chmod(0o755)
        data = work / 'data'
        data.mkdir(mode=0o700)
        if as_nobody:
            shutil.chown(data, 'nobody', 'nogroup')
        made = [programs() / 'initdb', '--no-sync', '--username=bridge', '--auth=trust', '--encoding=UTF8']
        made += ['--locale=C.UTF-8', '--pgdata', data]
        said = subprocess.run([*as_nobody, *map(str, made)], cwd='/', capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise machine.Failed(f'initdb: {said.stderr[-2000:]}')
        settings = SETTINGS | (STATEMENTS if tells_statements else {})
        with (data / 'postgresql.conf').open('a') as file:
            file.writelines(f'{name} = {value}\n' for name, value in settings.items())
        os.sync()
        address = machine.free_address()
        command = ['env', '--chdir=/', *as_nobody]
        command += ['--pdeathsig', 'KILL', '--'] if as_nobody else []
        command += [programs() / 'postgres', '-D', data, '-p', address.split(':')[1]]
        # Asked to end at once, it ends its processes first, and nobody writes into the folder any more.
        with on.server(command, address, log, ends_by=signal.SIGQUIT) as process:
            database = Database(process.pid, address)
            # It listens before it answers.
            wait = [programs() / 'pg_isready', '--host', '127.0.0.1', '--port', address.split(':')[1], '--quiet']
            give_up = time.monotonic() + machine.START_WITHIN
            while subprocess.run(list(map(str, wait)), check=False).returncode != 0:
                if time.monotonic() > give_up:
                    raise machine.Failed(f'PostgreSQL does not start:\n{machine.last_words(log)}')
                time.sleep(0.05)
            if tells_statements:
                database.ask('CREATE EXTENSION pg_stat_statements')
            yield database
    finally:
        shutil.rmtree(work)
        os.sync()
