"""Somebody else's servers from npm, installed once into a cache folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


def installed(package: str, version: str) -> Path:
    """The folder of the installed package's commands. Skips where npm is missing; several may ask at once."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "smb-monitor-tests"
    folder = cache / f"{package}-{version}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", scratch]
            done = subprocess.run([*command, f"{package}@{version}"], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"npm could not install {package}@{version}: {done.stderr or done.stdout}"
            Path(scratch).chmod(0o755)
            _keep(Path(scratch), folder)
    return folder / "node_modules" / ".bin"


def _keep(scratch: Path, folder: Path) -> None:
    """Gives the finished installation its name, unless somebody else was quicker."""
    try:
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    else:
        scratch.mkdir()  # for the temporary folder to be taken away


def free_port() -> int:
    """A port that nobody listens on now, for servers that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
