"""What deploy/compose.yaml gives to whom. Needs the packages of requirements.txt; whether Compose reads the file is for a
client of its own to say."""

import pathlib
import re
import time
import tomllib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
BRIDGES = {name: service for name, service in SERVICES.items() if name.startswith("bridge-")}
DEFAULTS = tomllib.loads((ROOT / "config/default.toml").read_text())
BRIDGE_TOML = tomllib.loads((ROOT / "deploy/compose/bridge.toml").read_text())


def hardening():
    """every container runs as a user without rights, on a root that is read-only"""
    assert len(SERVICES) == 5 and len(BRIDGES) == 2
    for name, service in SERVICES.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] not in ("", "root", "0"), name
        assert not {"privileged", "cap_add", "devices", "pid", "network_mode"} & service.keys(), name
        assert "healthcheck" in service or service["restart"] == "no", name
        assert all(mount.endswith(":ro") or name == "postgres" for mount in service.get("volumes", [])), name
    drain = BRIDGE_TOML["server"].get("drain", DEFAULTS["server"]["drain"])
    for name, bridge in [*BRIDGES.items(), ("migrate", SERVICES["migrate"])]:
        assert bridge["user"] == last("USER"), name
    for bridge in BRIDGES.values():
        assert seconds(bridge["stop_grace_period"]) >= seconds(drain) + 20, "it is killed while it still takes calls"


def secrets():
    """secrets are files, and nobody has one that is not theirs"""
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    named = set(re.findall(r"/run/secrets/(\S+?)\"", (ROOT / "deploy/compose/bridge.toml").read_text()))
    for bridge in BRIDGES.values():
        assert set(bridge["secrets"]) == named
        assert set(bridge["environment"]) == {"HANDOVER_CONFIG"}
    assert SERVICES["migrate"]["secrets"] == ["store_owner_url"] and "store_owner_url" not in named
    assert SERVICES["migrate"]["environment"] == {"HANDOVER__STORE__URL_FILE": "/run/secrets/store_owner_url"}
    assert BRIDGE_TOML["store"] == {"url_file": "/run/secrets/store_url", "migrate": False}
    made = set(re.findall(r"^(?:keep|want) (\S+) ", (ROOT / "deploy/compose/make-secrets").read_text(), re.M))
    assert made == set(COMPOSE["secrets"]), made ^ set(COMPOSE["secrets"])


def network():
    """the proxy alone is published, is believed by its address, and knows the bridges by theirs; nothing reaches the database"""
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    public, console = SERVICES["proxy"]["ports"]
    assert public == "443:8443" and console == "${CONSOLE_ADDRESS:-127.0.0.1}:9443:9443"
    proxy = SERVICES["proxy"]["networks"]["front"]["ipv4_address"]
    assert BRIDGE_TOML["server"]["trusted_proxies"] == [f"{proxy}/32"]
    hosts = [f"{name}:{bridge['networks']['front']['ipv4_address']}" for name, bridge in BRIDGES.items()]
    assert SERVICES["proxy"]["extra_hosts"] == hosts
    assert COMPOSE["networks"]["store"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["migrate"]["networks"] == ["store"]


def order():
    """no bridge starts before the tables are up to date, and the second waits for the first"""
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["bridge-1"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["bridge-2"]["depends_on"] == {"bridge-1": {"condition": "service_healthy"}}


def seconds(duration):
    return int(duration.removesuffix("s"))


def last(instruction):
    """The value of an instruction in the image's last stage."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{instruction} ")][-1]


def main():
    for check in (hardening, secrets, network, order):
        began = time.monotonic()
        check()
        print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
