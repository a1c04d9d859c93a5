"""The built wheel, installed by `make wheel-test` in an environment of its own and run far from the checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def environment() -> Path:
    venv = os.environ.get("SMB_MONITOR_WHEEL_VENV")
    if venv is None:
        pytest.fail("run `make wheel-test`, which builds the wheel and installs it")
    return Path(venv)


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Run:
    clean = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}

    def run(*command: str) -> str:
        program, *arguments = command
        answer = subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=tmp_path,
            env=clean | {"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


def test_the_wheel_carries_the_same_templates_as_the_checkout(run: Run) -> None:
    listing = (
        "from importlib.resources import files as f; print(*(p.name for p in (f('monitor')/'templates').iterdir()))"
    )
    checkout = Path(__file__).parents[2] / "templates"
    assert set(run("python", "-c", listing).split()) == {path.name for path in checkout.iterdir()} != set()


def test_the_package_comes_from_the_wheel_and_not_from_the_checkout(run: Run, environment: Path) -> None:
    assert run("python", "-c", "import monitor; print(monitor.__file__)").startswith(str(environment))


def test_everything_that_is_imported_was_asked_for_by_the_wheel_itself(run: Run) -> None:
    walk = "import importlib, pkgutil, monitor\nfor m in pkgutil.walk_packages(monitor.__path__, 'monitor.'):"
    skip = "\n    if '.migrations.' not in m.name: importlib.import_module(m.name)"
    run("python", "-c", walk + skip)


def test_help_names_the_commands(run: Run) -> None:
    words = run("smb-monitor", "--help")
    assert all(command in words for command in ("status", "explain", "digest", "demo", "gate"))


def test_demo_shows_the_tripped_breaker(run: Run) -> None:
    assert "tripped" in run("smb-monitor", "demo").lower()


@pytest.mark.parametrize("form", ["text", "html", "slack"])
def test_a_digest_needs_nothing_from_the_checkout(run: Run, form: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("company: Acme\nsource: {type: demo}\n", encoding="utf-8")
    assert "Acme" in run("smb-monitor", "digest", "--format", form)
