"""What holds for the files of the repository, whatever stands in them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "monitor").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# pydantic_core is the other half of pydantic, in the one version that pydantic asks for.
IMPORTED_AS = {
    "hubspot-api-client": "hubspot",
    "ibis-framework": "ibis",
    "pyyaml": "yaml",
    "vl-convert-python": "vl_convert",
}
MACHINE = re.compile(r"/(?:home|root|Users)/")
REGISTRY = re.compile(r"https?://[^/\s]*(?:pypi|npmjs|registry)")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """What git would hand to somebody else."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def test_no_file_names_somebodys_machine(tracked: list[Path]) -> None:
    assert [name_of(path) for path in tracked if MACHINE.search(text_of(path))] == []


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    assert [name_of(path) for path in tracked if REGISTRY.search(text_of(path))] == []


def test_every_module_says_what_belongs_there() -> None:
    trees = {name_of(path): ast.parse(text_of(path)) for path in MODULES}
    assert [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


def test_files_and_functions_stay_short_enough_to_be_read_at_once() -> None:
    assert {name_of(path): lines for path in MODULES if (lines := len(text_of(path).splitlines())) > 350} == {}
    assert [f"{name_of(path)}: {name}" for path in MODULES for name in long_functions(path)] == []


def long_functions(path: Path) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if node.end_lineno and node.end_lineno - node.lineno >= 50]


def test_every_library_that_is_imported_is_declared() -> None:
    needs = [*PROJECT["dependencies"], *(need for extra in PROJECT["optional-dependencies"].values() for need in extra)]
    names = [re.split(r"[^\w-]", need, maxsplit=1)[0].lower() for need in needs]
    declared = (
        {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
        | {"monitor", "pydantic_core"}
        | sys.stdlib_module_names
    )
    imported = {name.split(".")[0] for path in MODULES for name in imports_of(path)}
    assert imported - declared == set()


def imports_of(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(text_of(path))))
    whole = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return whole + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]


def test_every_pinned_version_has_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", text_of(ROOT / "constraints.txt") + "\n" + text_of(ROOT / "constraints-spark.txt"))
    pins = [block for block in blocks if not block.startswith("#")]
    assert len(pins) > len(PROJECT["dependencies"])
    assert [block for block in pins if "==" not in block or "--hash=sha256:" not in block] == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    linked = set(re.findall(r"\]\(([^)#:]+\.md)", text_of(docs / "README.md")))
    assert pages - {"README.md"} == {page for page in linked if not page.startswith("../")}
