"""What the two roles of deploy/compose/roles.sql may do, on a PostgreSQL of its own: database.py BIN, where initdb is.

Needs root, since the server will not run as root and the file reads /run/secrets, and setpriv and unshare.
"""

import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from namespaces import write

COMPOSE = pathlib.Path(__file__).resolve().parents[2] / "deploy/compose"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
TABLE = "CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);"


class Cluster:
    def __init__(self, programs, work):
        self.programs, self.work = pathlib.Path(programs), work
        self.port = free_port()
        shutil.copytree(COMPOSE, work / "compose", ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([work / "compose/make-secrets"], check=True, stdout=subprocess.DEVNULL)
        self.secrets = work / "compose/secrets"
        self.data = work / "data"
        self.data.mkdir()
        shutil.chown(self.data, "nobody", "nogroup")
        self.superuser = (self.secrets / "postgres_password").read_text().strip()
        password = write(work / "superuser", self.superuser)
        self.program("initdb", "--pgdata", self.data, "--username", "postgres", "--auth", "scram-sha-256",
                     "--pwfile", password, "--no-sync")
        self.control("start", "--wait", "--log", self.data / "log", "--options",
                     f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c fsync=off")

    def program(self, name, *args):
        subprocess.run([*NOBODY, self.programs / name, *args], check=True, stdout=subprocess.DEVNULL)

    def control(self, action, *args):
        self.program("pg_ctl", action, "--pgdata", self.data, *args)

    def prepare(self):
        """As the database's image does with what is in /docker-entrypoint-initdb.d."""
        address = f"postgres://postgres:{self.superuser}@127.0.0.1:{self.port}/postgres"
        inside = ("mount -t tmpfs none /run && mkdir /run/secrets && mount --bind \"$1\" /run/secrets && shift && "
                  "exec \"$@\"")
        subprocess.run(
            ["unshare", "--mount", "sh", "-c", inside, "sh", self.secrets, self.programs / "psql", "--no-psqlrc",
             "--variable", "ON_ERROR_STOP=1", "--dbname", address, "--file", COMPOSE / "roles.sql"],
            check=True, stdout=subprocess.DEVNULL,
        )

    def address(self, secret):
        address = (self.secrets / secret).read_text().strip()
        assert "@postgres:5432/" in address, "the database is not at its service's name"
        return address.replace("@postgres:5432/", f"@127.0.0.1:{self.port}/")

    def say(self, address, statement):
        """What it answers, or None where it refuses."""
        said = subprocess.run(
            [self.programs / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", address,
             "--command", statement], capture_output=True, text=True, check=False)
        if said.returncode == 0:
            return said.stdout.strip()
        assert "permission denied" in said.stderr or "must be owner" in said.stderr or "not permitted" in said.stderr \
            or "authentication failed" in said.stderr, f"{statement}: {said.stderr}"
        return None


def rows(cluster):
    """the bridges' role reads and writes rows of tables that the owner makes, and listens"""
    owner, bridge = cluster.address("store_owner_url"), cluster.address("store_url")
    assert cluster.say(owner, TABLE) == ""
    for statement, answer in (
        ("INSERT INTO thing (name) VALUES ('a') RETURNING id", "1"),
        ("UPDATE thing SET name = 'b' RETURNING name", "b"),
        ("SELECT name FROM thing FOR UPDATE SKIP LOCKED", "b"),
        ("DELETE FROM thing RETURNING name", "b"),
        ("LISTEN lanes", ""),
        ("NOTIFY lanes", ""),
        ("SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles "
         "WHERE rolname = current_user", "f"),
    ):
        assert cluster.say(bridge, statement) == answer, statement


def tables(cluster):
    """it changes no table, and nobody else comes in"""
    owner, bridge = cluster.address("store_owner_url"), cluster.address("store_url")
    for statement in (
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE thing ADD COLUMN mine int",
        "CREATE INDEX ON thing (name)",
        "TRUNCATE thing",
        "DROP TABLE thing",
        "GRANT SELECT ON thing TO PUBLIC",
        "SET ROLE handover_owner",
        "DROP DATABASE handover",
    ):
        answer = cluster.say(bridge, statement)
        if statement.startswith("GRANT"):
            # PostgreSQL warns and grants nothing.
            assert cluster.say(owner, "SELECT count(*) FROM information_schema.role_table_grants "
                                      "WHERE table_name = 'thing' AND grantee = 'PUBLIC'") == "0"
        else:
            assert answer is None, f"it may {statement}"
    assert cluster.say(owner, "ALTER TABLE thing ADD COLUMN more int; DROP TABLE thing") == ""
    assert cluster.say(bridge.replace("handover:", "handover:x"), "SELECT 1") is None
    superuser = f"postgres://postgres:{cluster.superuser}@127.0.0.1:{cluster.port}/postgres"
    assert cluster.say(superuser, "CREATE ROLE stranger LOGIN PASSWORD 'known'") == ""
    stranger = f"postgres://stranger:known@127.0.0.1:{cluster.port}"
    assert cluster.say(f"{stranger}/postgres", "SELECT 1") == "1"
    assert cluster.say(f"{stranger}/handover", "SELECT 1") is None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    with tempfile.TemporaryDirectory(prefix="handover-database-") as work, contextlib.ExitStack() as stack:
        pathlib.Path(work).chmod(0o755)
        cluster = Cluster(sys.argv[1], pathlib.Path(work))
        stack.callback(cluster.control, "stop", "--mode", "immediate")
        cluster.prepare()
        for check in (rows, tables):
            began = time.monotonic()
            check(cluster)
            print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
