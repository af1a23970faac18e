"""What deploy/helm/handover-bridge makes of values: chart.py HELM BINARY.

Each rendering is held against the schemas of Kubernetes, nothing unknown allowed, and against what the image and the
bridge need; the bridge itself reads the configuration and the environment of the pod. Needs the packages of
requirements.txt.
"""

import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

import kubernetes_validate
import yaml

CHART = pathlib.Path(__file__).resolve().parents[2] / "deploy/helm/handover-bridge"
# Those that the chart admits and the package knows.
VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
# Of operators, not of Kubernetes: there is no schema for them here.
WITHOUT_SCHEMA = {"ServiceMonitor"}
SECRETS = "/run/secrets/handover/"

POSTGRES = {"secrets": {"existingSecret": "bridge"}, "migration": {"existingSecret": "owner"}}
SQLITE = {"secrets": {"existingSecret": "bridge"}, "replicaCount": 1, "store": {"url": "sqlite:/data/handover.db"}}
TRUSTED = {"name": "SSL_CERT_FILE", "value": SECRETS + "ca.pem"}
EVERYTHING = {
    **POSTGRES,
    "nameOverride": "support",
    "migration": {"existingSecret": "owner", "extraEnv": [TRUSTED]},
    "image": {"repository": "registry.example.com/bridge", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "replicaCount": 3,
    "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
    "ingress": {"enabled": True, "className": "nginx", "host": "bridge.example.com", "tlsSecret": "tls",
                "annotations": {"nginx.ingress.kubernetes.io/enable-access-log": "false"}},
    "consoleIngress": {"enabled": True, "host": "console.example.com", "tlsSecret": "tls"},
    "networkPolicy": {
        "publicFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
        "adminFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
        "database": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
        "dnsPorts": [53, 5353],
        "extraEgress": [{"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}], "ports": [{"port": 8443, "protocol": "TCP"}]}],
    },
    "podDisruptionBudget": {"maxUnavailable": "34%"},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "unreadyAfterSeconds": 6,
    "preStopSleepSeconds": 7,
    "serviceAccountName": "bridge",
    "podAnnotations": {"a": "b"},
    "podLabels": {"team": "support"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}],
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
}
# Each with what the others leave as it is.
ALONE = {**SQLITE, "fullnameOverride": "support", "image": {"tag": "1.2.3"}, "serviceMonitor": {"enabled": True},
         "consoleIngress": {"enabled": True, "host": "console.example.com", "tlsSecret": "tls"}}
OPEN = {**POSTGRES, "nameOverride": "n" * 60, "networkPolicy": {"enabled": False}, "migration": {"enabled": False},
        "podDisruptionBudget": {"enabled": False}}
ALL = (POSTGRES, SQLITE, EVERYTHING, ALONE, OPEN)


class Helm:
    def __init__(self, program):
        self.program = program

    def run(self, command, values):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(values, file)
            return subprocess.run([self.program, *command, "--values", file.name],
                                  capture_output=True, text=True, check=False)

    def objects(self, values):
        rendered = self.run(["template", "release", CHART, "--namespace", "support"], values)
        assert rendered.returncode == 0, rendered.stderr
        return [document for document in yaml.safe_load_all(rendered.stdout) if document]


def lint(helm, _):
    """helm finds nothing to complain about"""
    for values in ALL:
        linted = helm.run(["lint", CHART, "--strict"], values)
        assert linted.returncode == 0, linted.stdout + linted.stderr


def schemas(helm, _):
    """Kubernetes knows every field of every object"""
    checked = set()
    for values in ALL:
        for made in helm.objects(values):
            if made["kind"] in WITHOUT_SCHEMA:
                continue
            for version in VERSIONS:
                kubernetes_validate.validate(made, version, strict=True)
            checked.add(made["kind"])
    assert len(checked) == 8, checked
    deployment = one(helm.objects(POSTGRES), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    try:
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)
    except kubernetes_validate.ValidationError:
        pass
    else:
        raise AssertionError("a misspelt field is let through: nothing has been checked")
    print(f"    Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}: {', '.join(sorted(checked))}")
    print(f"    not checked, for want of a schema: {', '.join(sorted(WITHOUT_SCHEMA))}")


def replicas(helm, _):
    """on PostgreSQL pods are replaced without a gap, and the owner of the tables is known to the job before it alone"""
    objects = helm.objects(POSTGRES)
    deployment = one(objects, "Deployment")["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert one(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert not some(objects, "PersistentVolumeClaim")
    bridge = environment(deployment)
    assert bridge["HANDOVER__STORE__URL_FILE"] == SECRETS + "store-url"
    assert bridge["HANDOVER__STORE__MIGRATE"] == "false"
    job = one(objects, "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert environment(job["spec"]) == {"HANDOVER__STORE__URL_FILE": SECRETS + "store-url"}
    assert secret_of(job["spec"]) == "owner" and secret_of(deployment) == "bridge"
    trusting = one(helm.objects(EVERYTHING), "Job")["spec"]
    assert environment(trusting)["SSL_CERT_FILE"] == TRUSTED["value"]
    (volume,) = trusting["template"]["spec"]["volumes"]
    assert "items" not in volume["secret"], "each of its keys is a file"
    policy = policy_of(objects, hook=True)
    assert int(policy["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(
        job["metadata"]["annotations"]["helm.sh/hook-weight"])
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels(job["spec"]).items()


def sqlite(helm, _):
    """on SQLite there is one bridge, stopped before its successor starts, and a volume that outlives the release"""
    objects = helm.objects(SQLITE)
    deployment = one(objects, "Deployment")["spec"]
    assert deployment["replicas"] == 1 and deployment["strategy"] == {"type": "Recreate"}
    claim = one(objects, "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    pod = deployment["template"]["spec"]
    assert {"name": "data", "mountPath": "/data"} in pod["containers"][0]["volumeMounts"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}} in pod["volumes"]
    assert not some(objects, "Job") and not some(objects, "PodDisruptionBudget")
    egress = one(objects, "NetworkPolicy")["spec"]["egress"]
    ports = [rule["ports"][0]["port"] for rule in egress]
    assert ports == [53, 443], ports
    own = helm.objects({**SQLITE, "store": {**SQLITE["store"], "existingClaim": "mine"}})
    assert not some(own, "PersistentVolumeClaim") and "claimName: mine" in yaml.safe_dump(own)


def hardening(helm, _):
    """every pod runs as the image's user, with nothing that it does not need"""
    for values in ALL:
        objects = helm.objects(values)
        for made in [*some(objects, "Deployment"), *some(objects, "Job")]:
            pod = made["spec"]["template"]["spec"]
            assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
            security = pod["securityContext"]
            assert security["runAsNonRoot"] and security["seccompProfile"] == {"type": "RuntimeDefault"}
            assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] == image_user()
            (container,) = pod["containers"]
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert not [mount for mount in container["volumeMounts"]
                        if not mount.get("readOnly") and mount["mountPath"] != "/data"]
            (mode,) = [volume["secret"]["defaultMode"] for volume in pod["volumes"] if "secret" in volume]
            assert mode & 0o007 == 0
            selected = made["spec"].get("selector", {"matchLabels": {}})["matchLabels"]
            assert selected.items() <= labels(made["spec"]).items()


def life(helm, _):
    """probes ask the bridge, pods without their database stay in the Service, and a stop has the time that it takes"""
    for values, without, seconds in ((POSTGRES, 86400, 30), (SQLITE, 86400, 30), (EVERYTHING, 6, 37)):
        pod = one(helm.objects(values), "Deployment")["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        asked = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert asked["livenessProbe"] == asked["startupProbe"] == {"path": "/livez", "port": "http"}
        assert asked["readinessProbe"] == {"path": "/readyz", "port": "http"}
        readiness = container["readinessProbe"]
        assert readiness["failureThreshold"] * readiness["periodSeconds"] == without
        assert pod["terminationGracePeriodSeconds"] == seconds
        assert ("lifecycle" in container) == (seconds > 30)


def names(helm, _):
    """whatever a release is called, its objects have names that Kubernetes takes, and selectors find their pods"""
    for values in ALL:
        objects = helm.objects(values)
        deployment = one(objects, "Deployment")["spec"]
        for made in objects:
            assert len(made["metadata"]["name"]) <= 63, made["metadata"]["name"]
            assert all(len(value) <= 63 for value in made["metadata"].get("labels", {}).values())
        for service in some(objects, "Service"):
            assert service["spec"]["selector"].items() <= labels(deployment).items()
        mounted = [volume["configMap"]["name"] for volume in deployment["template"]["spec"]["volumes"]
                   if "configMap" in volume]
        assert mounted == [one(objects, "ConfigMap")["metadata"]["name"]]
    assert image(helm.objects(ALONE)) == "handover-bridge:1.2.3"
    assert image(helm.objects(POSTGRES)) == f"handover-bridge:{cargo_version()}", "the chart is of another version"
    opened = helm.objects(OPEN)
    assert not [made for kind in ("NetworkPolicy", "Job", "PodDisruptionBudget") for made in some(opened, kind)]


def ways_in_and_out(helm, _):
    """from outside there are hooks and desk API; operators have a Service of their own; what goes out is listed"""
    objects = helm.objects(EVERYTHING)
    public, console = some(objects, "Ingress")
    paths = [path["path"] for path in public["spec"]["rules"][0]["http"]["paths"]]
    assert paths == ["/hooks/", "/api/v1/"]
    assert console["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/console"
    services = {made["metadata"]["name"]: made["spec"] for made in some(objects, "Service")}
    for ingress, port in ((public, "http"), (console, "admin")):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            service = path["backend"]["service"]
            assert service["port"]["name"] == port == services[service["name"]]["ports"][0]["name"]
    pod = labels(one(objects, "Deployment")["spec"])
    for service in services.values():
        assert service["selector"].items() <= pod.items()
        assert not service["selector"].items() <= labels(one(objects, "Job")["spec"]).items()
    monitor = one(objects, "ServiceMonitor")["spec"]
    (watched,) = [made for made in some(objects, "Service")
                  if monitor["selector"]["matchLabels"].items() <= made["metadata"]["labels"].items()]
    named = {rule["targetLabel"]: rule["replacement"] for rule in monitor["endpoints"][0]["relabelings"]}
    assert named == {"job": "handover-bridge"}, "the alarms go by that name, whatever the chart's objects are called"
    assert watched["spec"]["ports"][0]["name"] == monitor["endpoints"][0]["port"] == "admin"
    policy = policy_of(objects, hook=False)["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod.items()
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    opened = {(rule["ports"][0]["port"], "from" in rule) for rule in policy["ingress"]}
    assert opened == {("http", True), ("admin", True)}
    assert [rule["ports"][-1]["port"] for rule in policy["egress"]] == [5353, 5432, 443, 8443]
    names = [(port["port"], port["protocol"]) for port in policy["egress"][0]["ports"]]
    assert names == [(53, "UDP"), (53, "TCP"), (5353, "UDP"), (5353, "TCP")]
    assert policy_of(objects, hook=True)["spec"]["egress"][0] == policy["egress"][0]
    assert all(rule["to"] for rule in policy["egress"])
    by_default = policy_of(helm.objects(POSTGRES), hook=False)["spec"]
    assert [rule["ports"][0]["port"] for rule in by_default["ingress"]] == ["http"], "operators' port is open to all"


def refusals(helm, _):
    """what would not work is refused, with what to do instead"""
    def with_(base, **values):
        return {**base, **values}

    for values, sentence in (
        (with_(SQLITE, replicaCount=2), "replicaCount is 2 and store.url is sqlite:/data/handover.db: one process owns"),
        (with_(POSTGRES, secrets={}), "secrets.existingSecret is empty: make a Secret with the keys admin-token, store-url"),
        (with_(SQLITE, secrets={}), "make a Secret with the keys admin-token and"),
        (with_(POSTGRES, migration={}), "migration.existingSecret is empty"),
        (with_(POSTGRES, migration={"existingSecret": "bridge"}), "are the same Secret"),
        (with_(POSTGRES, consoleIngress={"enabled": True, "host": "a"}), "nobody can sign in over plain http"),
        (with_(POSTGRES, ingress={"enabled": True}), "ingress.host is empty"),
        (with_(POSTGRES, store={"url": "postgres://me:secret@host/db"}), "/store/url"),
        (with_(POSTGRES, store={"url": "sqlite:elsewhere.db"}), "/store/url"),
        (with_(POSTGRES, replicaCount=0), "/replicaCount"),
        (with_(POSTGRES, unreadyAfterSeconds=3), "/unreadyAfterSeconds"),
        (with_(POSTGRES, terminationGracePeriodSeconds=10), "/terminationGracePeriodSeconds"),
        (with_(POSTGRES, podDisruptionBudget={"maxUnavailable": "0%"}), "/podDisruptionBudget/maxUnavailable"),
        (with_(POSTGRES, networkPolicy={"dnsPorts": []}), "/networkPolicy/dnsPorts"),
        (with_(POSTGRES, podLabels={"app.kubernetes.io/component": "mine"}), "podLabels has app.kubernetes.io/component"),
        (with_(POSTGRES, replicas=3), "additional properties 'replicas' not allowed"),
    ):
        rendered = helm.run(["template", "release", CHART], values)
        assert rendered.returncode != 0 and sentence in rendered.stderr, f"{values}\n{rendered.stderr}"


def configuration(helm, binary):
    """the bridge takes the configuration, the secrets and the environment that its pod would have"""
    config = """
[server]
public_url = "https://bridge.example.com"
[bots.webshop]
platform = "chatlayer"
region = "eu"
access_token_file = "/run/secrets/handover/webshop-access-token"
verify_token_file = "/run/secrets/handover/webshop-verify-token"
hook_key_file = "/run/secrets/handover/webshop-hook-key"
resume = [{ dialog_state = "welcome" }]
[desks.team]
kind = "webhook"
url = "https://desk.example.com/hooks"
secret_file = "/run/secrets/handover/team-secret"
token_file = "/run/secrets/handover/team-token"
"""
    objects = helm.objects({**SQLITE, "config": config})
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        for name in ("admin-token", "webshop-access-token", "webshop-verify-token", "webshop-hook-key", "team-token",
                     "team-secret"):
            secret = "whsec_" + "c2VjcmV0" * 5 if name == "team-secret" else f"a-secret-that-is-long-enough-{name}"
            (here / name).write_text(secret + "\n")
            (here / name).chmod(0o440)
        toml = here / "bridge.toml"
        toml.write_text(one(objects, "ConfigMap")["data"]["bridge.toml"].replace(SECRETS, f"{here}/"))
        pod = {name: value.replace(SECRETS, f"{here}/").replace("/data/", f"{here}/")
               for name, value in environment(one(objects, "Deployment")["spec"]).items()}
        checked = subprocess.run([binary, "check"], env={**pod, "HANDOVER_CONFIG": str(toml)},
                                 capture_output=True, text=True, check=False)
    said = checked.stdout + checked.stderr
    assert checked.returncode == 0 and "ok: 1 bot, 1 desk" in said and "warning" not in said, said


def some(objects, kind):
    return [made for made in objects if made["kind"] == kind]


def one(objects, kind):
    (made,) = some(objects, kind)
    return made


def policy_of(objects, hook):
    """The one of the bridges, or the one of the job that runs as a hook before them."""
    (policy,) = [made for made in some(objects, "NetworkPolicy") if ("annotations" in made["metadata"]) == hook]
    return policy


def labels(spec):
    return spec["template"]["metadata"]["labels"]


def environment(spec):
    return {entry["name"]: entry["value"] for entry in spec["template"]["spec"]["containers"][0]["env"]}


def secret_of(spec):
    (name,) = [volume["secret"]["secretName"] for volume in spec["template"]["spec"]["volumes"] if "secret" in volume]
    return name


def image(objects):
    return one(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]


def cargo_version():
    return tomllib.loads((CHART.parents[2] / "Cargo.toml").read_text())["package"]["version"]


def image_user():
    dockerfile = (CHART.parents[2] / "Dockerfile").read_text()
    user = [line for line in dockerfile.splitlines() if line.startswith("USER ")][-1]
    return int(user.split()[1].split(":")[0])


def main():
    helm, binary = Helm(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    for check in (lint, schemas, replicas, sqlite, hardening, life, names, ways_in_and_out, refusals, configuration):
        began = time.monotonic()
        check(helm, binary)
        print(f"ok  {check.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
