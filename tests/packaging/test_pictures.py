"""The pictures of the documentation are drawn by the program as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.browser import browser

ROOT = Path(__file__).parents[2]
DRAWING = ROOT / "docs" / "pictures" / "make.py"


def test_the_pictures_of_the_documentation_can_be_drawn_anew(tmp_path: Path) -> None:
    browser()
    subprocess.run([sys.executable, DRAWING, tmp_path], cwd=ROOT, check=True, timeout=300)
    sizes = {picture.name: picture.read_bytes()[16:24] for picture in tmp_path.iterdir()}
    assert sizes == {picture.name: picture.read_bytes()[16:24] for picture in DRAWING.parent.glob("*.png")}
