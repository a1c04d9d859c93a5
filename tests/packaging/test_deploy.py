"""What stands beside the program for those who run it: the image, the compose file, the unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config import read
from monitor.config.environment import SECRETS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "smb-monitor.service").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return made


def test_all_that_the_image_copies_is_let_into_its_build_and_nothing_else() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(" ".join(copied).split()) == sorted(allowed)
    assert [name for name in allowed if not (ROOT / name).exists()] == []


def test_the_image_runs_the_worker_as_nobody_in_particular_and_is_looked_after() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 1\d{4}$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["smb-monitor"]\nCMD ["serve"]' in last
    assert "HEALTHCHECK" in last and "/healthz" in last


def test_no_secret_is_baked_into_the_image_or_the_compose_file(compose: dict[str, Any]) -> None:
    text = DOCKERFILE + (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert [name for name in SECRETS if name in text] == []
    assert all(
        service["env_file"] == "secrets.env" for name, service in compose["services"].items() if name != "database"
    )
    assert compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_workers_wait_for_the_database_and_only_this_machine_reaches_them(compose: dict[str, Any]) -> None:
    worker, second = compose["services"]["worker"], compose["services"]["second"]
    assert worker["depends_on"] == second["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert compose["services"]["database"]["healthcheck"]
    assert all(port.startswith("127.0.0.1:") for port in worker["ports"]) and "ports" not in second
    assert "ports" not in compose["services"]["database"]


def test_the_configuration_is_read_from_where_image_and_unit_put_it(compose: dict[str, Any]) -> None:
    place = "/etc/smb-monitor/config.yaml"
    assert f"SMB_MONITOR_CONFIG={place}" in DOCKERFILE and f"SMB_MONITOR_CONFIG={place}" in UNIT
    assert f"./config.yaml:{place}:ro" in compose["services"]["worker"]["volumes"]
    assert read(ROOT / "config.yaml", {}).source_spec().type == "demo"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    settings = dict(line.split("=", 1) for line in UNIT.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert {"DynamicUser", "ProtectSystem", "NoNewPrivileges", "Restart"} <= set(settings)
    systemd = shutil.which("systemd-analyze")
    if systemd is not None:
        unit = tmp_path / "smb-monitor.service"
        unit.write_text(re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", UNIT, flags=re.MULTILINE), encoding="utf-8")
        found = subprocess.run([systemd, "verify", unit], capture_output=True, text=True, check=False)
        assert (found.returncode, "smb-monitor" in found.stderr) == (0, False), found.stderr
