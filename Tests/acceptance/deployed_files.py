"""The files of deploy/, judged without running what they describe."""

import json
import os
import re
import stat
import subprocess

import yaml

from harness import BINARY, ROOT, SCRATCH, check, say

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/rules.yml"
DASHBOARD = DEPLOY / "grafana/dashboards/cxrledger.json"
# What Prometheus itself says.
PROMETHEUS = {"up", "ALERTS"}


def run(*words, status=0, **options):
    done = subprocess.run([*map(str, words)], capture_output=True, check=False, **options)
    check(status is None or done.returncode == status, *words, "exited with", done.returncode, done.stdout.decode()[-2000:],
          done.stderr.decode()[-2000:])
    return done


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def check_compose():
    """Names as operators know them, and nothing that points nowhere."""
    whole = compose()
    root = yaml.safe_load((ROOT / "compose.yaml").read_text())
    check(whole["name"] == root["name"] == "pneumonia-detector" and root["include"] == ["deploy/compose.yaml"], root)
    services = whole["services"]
    check({"api", "db", "standby", "migrate", "nginx", "prometheus", "grafana"} == set(services), set(services))
    check(services["db"]["networks"]["default"]["aliases"] == ["postgres"], "the database has no alias")
    check("ports" not in services["api"] and "container_name" not in services["api"], "api could not be scaled")
    check(services["api"]["deploy"]["replicas"] == 3, "there are not three instances")
    published = {name: [port.rsplit(":", 2)[1] for port in service.get("ports", [])] for name, service in services.items()}
    check(
        {name: ports for name, ports in published.items() if ports}
        == {"nginx": ["8000"], "db": ["5432"], "prometheus": ["9090"], "grafana": ["3000"]}, published)
    check(services["api"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, "migrate comes late")
    for name, service in services.items():
        check(service.get("cap_drop") == ["ALL"] and service.get("restart"), name, "lacks what all have")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                check((DEPLOY / source).exists(), name, "mounts", source, "which is not there")
            elif not source.startswith("../"):
                check(source in whole["volumes"], name, "mounts", source, "which is not declared")
        for secret in service.get("secrets", []):
            check(secret in whole["secrets"], name, "uses", secret, "which is not declared")
        for other in service.get("depends_on", {}):
            check(other in services, name, "depends on", other)
        for variable, value in service.get("environment", {}).items():
            harmless = not re.search("PASSWORD|PASSPHRASE|SECRET", variable) or "/run/secrets/" in value
            check(harmless and not re.search(r"//[^/@]+:[^/@]+@", str(value)), name, "has a secret in", variable)
            for used in re.findall(r"/run/secrets/(\w+)", str(value)):
                check(used in service["secrets"], name, "reads the secret", used, "and does not get it")
    volumes = [name for name in whole["volumes"] if "postgres" in name]
    check(volumes == ["postgres-data"], "the runbook's reset would remove", volumes)
    address = services["nginx"]["networks"]["default"]["ipv4_address"]
    check(services["api"]["environment"]["CXRLEDGER_PROXIES"] == address, "instances do not know their proxy")
    # The image has what compose and the runbook rely on.
    image = (DEPLOY / "Dockerfile").read_text()
    for line in ("USER 1000:1000", "HEALTHCHECK", "saved_models /app/saved_models", "deploy/python /usr/local/bin/python"):
        check(line in image, "the Dockerfile lacks", line)
    limit = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())[1]
    shown = json.loads(run(BINARY, "config", "--json", env={}, cwd=SCRATCH).stdout)
    check(f'"{int(limit) << 20}"' in json.dumps(shown), "nginx takes", limit, "MiB, and the service another size")


def check_image_packages():
    """The image installs the package of each library that the binary names."""
    needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", BINARY).stdout.decode())
    places = dict(re.findall(r"(\S+) => (/\S+)", run("ldd", BINARY).stdout.decode()))
    installed = set((DEPLOY / "Dockerfile").read_text().split()) | {"libc6", "libstdc++6", "libgcc-s1"}
    for library in needed:
        # Swift's own are linked statically there.
        if not places.get(library, "").startswith(("/lib/", "/usr/lib/")):
            continue
        # By its name: some are known below /lib and some below /usr/lib.
        owner = run("dpkg", "-S", "*/" + os.path.basename(os.path.realpath(places[library]))).stdout.decode().split(":")[0]
        check(owner in installed, "the image lacks", owner, "for", library)


def check_unit():
    unit = SCRATCH / "cxrledger.service"
    unit.write_text((DEPLOY / "cxrledger.service").read_text().replace("/usr/local/bin/cxrledger", BINARY))
    said = run("systemd-analyze", "verify", unit)
    check(not said.stderr and not said.stdout, "systemd-analyze:", said.stderr.decode())
    # In tenths; a unit without any hardening has 96.
    run("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)


def check_secrets():
    """Makes the secrets as operators do; answers with their folder."""
    folder = SCRATCH / "secrets"
    status = 0 if os.getuid() in (0, 1000) else 1
    run("sh", DEPLOY / "secrets.sh", folder, status=status)
    made = {file.name: (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()}
    check(set(made) == set(compose()["secrets"]), "secrets.sh makes", set(made))
    check(stat.S_IMODE(folder.stat().st_mode) == 0o700, "others may enter the folder of secrets")
    for name in ("owner_pgpass", "service_pgpass", "key_passphrase", "s3_secret_key"):
        check(made[name][1] & 0o077 == 0, "others may read", name)
    check(len({content for content, _ in made.values()}) == len(made), "two secrets are equal")
    check(not run("sh", DEPLOY / "secrets.sh", folder, status=status).stdout, "secrets are made twice")
    check(all((folder / name).read_bytes() == content for name, (content, _) in made.items()), "a secret was changed")
    return folder


def check_launcher():
    """`python -m src.…` of the runbook ends in our commands."""
    tools = SCRATCH / "bin"
    tools.mkdir()
    (tools / "cxrledger").symlink_to(BINARY)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "CXRLEDGER_HOME": str(SCRATCH / "none")}
    for words, status in [
        (["-m", "src.version_cli"], 0), (["-m", "src.dataset_stats", "--data_dir", "/app/data"], 3),
        (["-m", "src.monitoring.health_checks"], 1), (["-m", "src.nothing"], 3), (["-c", "import os"], 3), ([], 3),
    ]:
        done = run(DEPLOY / "python", *words, status=status, env=environment, cwd=SCRATCH)
        check(status == 0 or done.stderr, "python", *words, "says nothing")


def expressions():
    """Every expression of the dashboard, with the variable put in, and of the rules."""
    board = json.loads(DASHBOARD.read_text())
    panels = [(panel["title"], target["expr"].replace("$instance", ".*"))
              for panel in board["panels"] for target in panel.get("targets", [])]
    rules = [(rule["alert"], rule["expr"]) for rule in rules_by_name().values()]
    return panels, rules


def rules_by_name():
    groups = yaml.safe_load(RULES.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    for rule in rules:
        check(rule["annotations"]["summary"] and rule["annotations"]["action"], rule["alert"], "says nothing")
        check(rule["labels"]["severity"] in ("info", "warning", "critical"), rule["alert"], "has no severity")
    check(len({rule["alert"] for rule in rules}) == len(rules), "two alerts have one name")
    return {rule["alert"]: rule for rule in rules}


def metric_names(expression):
    """The metrics that an expression names: words that are no label, function, keyword or text."""
    expression = re.sub(r'"[^"]*"', "", expression)
    expression = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expression)
    expression = re.sub(r"\{[^}]*\}", " ", re.sub(r"\[[^\]]*\]", " ", expression))
    words = re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", expression)
    return set(words) - {"or", "and", "unless", "bool", "offset"}


def check_files():
    check_compose()
    check_image_packages()
    check_unit()
    check_launcher()
    run("promtool", "check", "config", DEPLOY / "prometheus/prometheus.yml")
    run("promtool", "check", "rules", RULES)
    (job,) = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    check(job["job_name"] == "pneumonia-detector" and job["metrics_path"] == "/metrics", job)
    for provisioned in (DEPLOY / "grafana/provisioning").rglob("*.yml"):
        check(yaml.safe_load(provisioned.read_text())["apiVersion"] == 1, provisioned)
    board = json.loads(DASHBOARD.read_text())
    check(len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), "two panels have one id")
    say("compose file, image, unit, launcher and Prometheus' files hold;", len(rules_by_name()), "alerts,",
        len(board["panels"]), "panels")
