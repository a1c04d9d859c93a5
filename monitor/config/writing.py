"""Files written whole or not at all, and never over somebody's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import UsageError


@dataclass(frozen=True)
class Written:
    """What was written, and what was there already and left as it is."""

    new: tuple[Path, ...]
    left: tuple[Path, ...]


def write_whole(files: Mapping[Path, str], *, replacing: Path | None = None) -> Written:
    """Write each file under a name beside it first, so that whoever interrupts finds all of them whole or none.

    Only `replacing` takes the place of a file that is there. Raises UsageError where a file cannot be written.
    """
    left = tuple(path for path in files if path.exists() and path != replacing)
    new = tuple(path for path in files if path not in left)
    with _undone_when_interrupted() as made:
        for path in new:
            _folder(path.parent, made)
            made.append(_beside(path))
            _write(path, files[path])
        for path in new:
            _put_in_place(path)
            if path != replacing:
                made.append(path)
        made.clear()
    return Written(new, left)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _write(path: Path, text: str) -> None:
    try:
        _beside(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _put_in_place(path: Path) -> None:
    try:
        _beside(path).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _folder(folder: Path, made: list[Path]) -> None:
    """Makes a folder and remembers it, those above it first."""
    if folder.exists():
        return
    _folder(folder.parent, made)
    try:
        folder.mkdir()
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.") from error
    made.append(folder)


@contextmanager
def _undone_when_interrupted() -> Iterator[list[Path]]:
    """Takes away what was made until then, the last first."""
    made: list[Path] = []
    try:
        yield made
    finally:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
