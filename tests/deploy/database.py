"""What the two roles of deploy/compose/roles.sql may do, on a PostgreSQL of its own: database.py BIN BRIDGE, where initdb
is, and a bridge.

Needs root, since the server will not run as root and the file reads /run/secrets, and setpriv, unshare, openssl and
pgbouncer.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from namespaces import NEUTRAL, write
from ports import free_port

COMPOSE = pathlib.Path(__file__).resolve().parents[2] / "deploy/compose"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
VERIFY_TOKEN = "verify-token-of-the-test"
HOOK_KEY = "hook-key-of-the-database-test"
ACCEPTED = {"offloadSuccess": True, "pauseBot": True}
CONFIGURATION = """
[server]
listen = "127.0.0.1:{port}"
drain = "0s"
[admin]
listen = "127.0.0.1:{admin}"
token = "admin-token-of-the-test-0123456789"
[store]
url_file = "{url_file}"
migrate = false
listen_url = "off"
[bots.webshop]
platform = "chatlayer"
region = "eu"
access_token = "access-token-of-the-test"
verify_token = "{verify_token}"
hook_key = "{hook_key}"
[desks.team]
kind = "console"
"""
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
                     "--pwfile", password, "--locale", "C.UTF-8", "--encoding", "UTF8", "--no-sync")
        self.certify()
        self.control("start", "--wait", "--log", self.data / "log", "--options",
                     f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c fsync=off -c ssl=on")

    def certify(self):
        """By an authority that nobody else knows."""
        self.authority = self.work / "authority.crt"
        key, request = self.work / "authority.key", self.work / "request"
        of_server = write(self.work / "extensions", "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        openssl("req", "-x509", *new, "-keyout", key, "-out", self.authority, "-subj", "/CN=authority", "-days", "2")
        openssl("req", *new, "-keyout", self.data / "server.key", "-out", request, "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", key, "-days", "2",
                "-extfile", of_server, "-out", self.data / "server.crt")
        for name in ("server.key", "server.crt"):
            shutil.chown(self.data / name, "nobody", "nogroup")

    def program(self, name, *args):
        subprocess.run([*NOBODY, self.programs / name, *args], cwd=NEUTRAL, check=True, stdout=subprocess.DEVNULL)

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


class Bridge:
    """With the address of a database. The authority is known unless it is `trusting` none."""

    def __init__(self, cluster, address, trusting=True):
        self.port = free_port()
        folder = pathlib.Path(tempfile.mkdtemp(dir=cluster.work))
        url_file = write(folder / "url", address, 0o600)
        configuration = CONFIGURATION.format(port=self.port, admin=free_port(), url_file=url_file,
                                             verify_token=VERIFY_TOKEN, hook_key=HOOK_KEY)
        self.configuration = write(folder / "handover.toml", configuration, 0o600)
        self.environment = {**os.environ, "SSL_CERT_FILE": str(cluster.authority)} if trusting else None

    def run(self, command):
        """Its exit code, and what it says."""
        run = subprocess.run([sys.argv[2], command, "--config", self.configuration], env=self.environment,
                             capture_output=True, text=True, timeout=60, check=False)
        return run.returncode, run.stderr

    @contextlib.contextmanager
    def serving(self):
        serve = [sys.argv[2], "serve", "--config", self.configuration]
        log = self.configuration.with_name("log")
        with log.open("w", encoding="utf-8") as told, subprocess.Popen(serve, env=self.environment, stderr=told) as process:
            try:
                until = time.monotonic() + 30
                while self.ask("/readyz")[0] != 200:
                    assert process.poll() is None and time.monotonic() < until, f"it is not ready:\n{log.read_text()}"
                    time.sleep(0.05)
                yield
            finally:
                process.terminate()
            assert process.wait(timeout=30) == 0, "it ends badly"

    def ask(self, path, body=None):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", body, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()
        except OSError:
            return None, b""

    def hook(self, event, session, **fields):
        """What the platform is answered."""
        body = {"event": event, "sessionId": session, "botId": "b1", "version": "LIVE",
                "timestamp": "2026-01-01T00:00:00.000Z", **fields}
        path = f"/hooks/chatlayer/webshop/{HOOK_KEY}?challenge.verifyToken={VERIFY_TOKEN}"
        status, answer = self.ask(path, json.dumps(body).encode())
        assert status == 200, answer
        return answer and json.loads(answer)

    def says(self, session, text):
        said = {"actor": "user", "message": {"type": "text", "text": text, "sender": {"id": session}},
                "timestamp": "2026-01-01T00:00:00.000Z"}
        self.hook("messages", session, messages=[said])


def by_tls(cluster, secret):
    address = cluster.address(secret).replace("@127.0.0.1:", "@localhost:")
    return address.replace("sslmode=disable", "sslmode=verify-full")


def serving(cluster):
    """the owner's role migrates, the bridges' cannot and serves, and both know the database by its certificate"""
    stranger = Bridge(cluster, by_tls(cluster, "store_owner_url"), trusting=False)
    code, says = stranger.run("migrate")
    assert code == 1 and "UnknownIssuer" in says, says
    owner, bridge = (Bridge(cluster, by_tls(cluster, secret)) for secret in ("store_owner_url", "store_url"))
    code, says = bridge.run("serve")
    assert code != 0 and "migrate" in says, says
    code, says = bridge.run("migrate")
    assert code == 1 and "42501" in says, f"insufficient_privilege: {says}"
    for _ in range(2):
        code, says = owner.run("migrate")
        assert code == 0, says
    with bridge.serving():
        for _ in range(2):
            assert bridge.hook("offload", "s1", transcript=[]) == ACCEPTED
    asked = "SELECT count(*) FROM handovers WHERE ended_at IS NULL"
    assert cluster.say(cluster.address("store_owner_url"), asked) == "1"


def pooled(cluster):
    """two bridges behind PgBouncer in transaction mode, with two connections for both, keep what is said once"""
    with pooler(cluster) as port:
        address = cluster.address("store_url").replace(f":{cluster.port}/", f":{port}/")
        bridges = [Bridge(cluster, address) for _ in range(2)]
        with bridges[0].serving(), bridges[1].serving():
            sessions = [f"pooled{number}" for number in range(8)]
            for session in sessions:
                assert bridges[0].hook("offload", session, transcript=[]) == ACCEPTED
            with concurrent.futures.ThreadPoolExecutor(len(sessions)) as talkers:
                list(talkers.map(lambda session: [bridge.says(session, f"text {number}")
                                                  for number in range(10) for bridge in bridges], sessions))
    said = ("SELECT count(*), count(DISTINCT (m.conversation, m.content)) FROM messages m JOIN conversations c "
            "ON c.id = m.conversation WHERE c.\"user\" LIKE 'pooled%' AND m.actor = 'user'")
    assert cluster.say(cluster.address("store_owner_url"), said) == "80|80"


@contextlib.contextmanager
def pooler(cluster):
    """The port that it listens on, once it does."""
    port, folder = free_port(), cluster.work / "pooler"
    folder.mkdir()
    role, password = cluster.address("store_url").split("//")[1].split("@")[0].split(":")
    users = write(folder / "users", f'"{role}" "{password}"\n')
    settings = write(folder / "pgbouncer.ini", "\n".join((
        "[databases]", f"handover = host=127.0.0.1 port={cluster.port}",
        "[pgbouncer]", "listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =",
        "pool_mode = transaction", "default_pool_size = 2", "auth_type = scram-sha-256", f"auth_file = {users}",
        "ignore_startup_parameters = extra_float_digits", "")))
    log, program = folder / "log", shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    with log.open("w") as told, subprocess.Popen([*NOBODY, program, settings], stderr=told) as process:
        try:
            until = time.monotonic() + 30
            while not listens(port):
                assert process.poll() is None and time.monotonic() < until, f"PgBouncer does not listen:\n{log.read_text()}"
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


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


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    with tempfile.TemporaryDirectory(prefix="handover-database-") as work, contextlib.ExitStack() as stack:
        pathlib.Path(work).chmod(0o755)
        cluster = Cluster(sys.argv[1], pathlib.Path(work))
        stack.callback(cluster.control, "stop", "--mode", "immediate")
        cluster.prepare()
        for check in (rows, tables, serving, pooled):
            began = time.monotonic()
            check(cluster)
            print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
