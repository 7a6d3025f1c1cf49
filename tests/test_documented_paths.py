"""The paths and the commands that the documentation names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/RESULTS.md", "docs/*.md")
FOLDERS = "app|assets|benchmarks|checkpoints|docs|experiments|mmmie|tests"
PATH = re.compile(rf"(?<![\w/.-])(?:\.\./)?((?:{FOLDERS})/[\w./-]*\w/?)")


@pytest.mark.parametrize(
    "document", [file.relative_to(ROOT) for name in DOCUMENTS for file in ROOT.glob(name)], ids=str
)
def test_every_path_is_there(document: Path) -> None:
    named = set(PATH.findall((ROOT / document).read_text("utf-8")))
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]


def test_paths_are_found() -> None:
    found = PATH.findall("see `mmmie/files.py`, [x](../docs/formats.md) or app/screens/<page>/.")
    assert found == ["mmmie/files.py", "docs/formats.md", "app/screens/"]


def test_the_two_commands_are_in_the_readme() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert "pip install -e . && streamlit run app/main.py" in lines
    assert 'pip install -e ".[test]" && pytest' in lines
