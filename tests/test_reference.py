"""The reference pages say what the code says, and what they are made from is complete."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from docs.build import FOLDER, pages
from mmmie.environment import VARIABLES
from mmmie.limits import Limits
from mmmie.metrics import HISTORY, METRICS
from mmmie.training.run_folder import FILES, RunFolder

ROOT = Path(__file__).parents[1]


def test_there_are_no_other_pages() -> None:
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(pages())


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_kept_page_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_every_variable_of_ours_is_described() -> None:
    used = {
        name
        for part in ("app", "mmmie")
        for file in (ROOT / part).rglob("*.py")
        if file.name != "environment.py"
        for name in re.findall(r"\bMMMIE_[A-Z_]*[A-Z]\b", file.read_text("utf-8"))
    }
    limits = {f"MMMIE_{name.upper()}" for name in Limits.__dataclass_fields__}
    assert used - limits == {name for name in VARIABLES if name.startswith("MMMIE_")}


def test_every_key_of_a_history_is_described_and_happens() -> None:
    lines = (ROOT / "checkpoints" / "demo" / "metrics.jsonl").read_text("utf-8").splitlines()
    found = set().union(*(json.loads(line) for line in lines))
    patterns = {re.sub(r"<\w+>", "*", key): key for key in HISTORY}
    known = {key: [p for p in patterns if fnmatch(key, p)] for key in found}
    assert all(known.values())
    seen = {pattern for matched in known.values() for pattern in matched}
    assert set(patterns) - seen == {"device_memory"}  # on a GPU alone
    assert {key.removeprefix("valid/") for key in found if key.startswith("valid/")} <= {
        "n",
        *METRICS,
    }


def test_every_file_of_a_run_is_described() -> None:
    run = RunFolder("run")
    named = {path.name for path in vars(run).values() if isinstance(path, Path)} - {"run"}
    assert named == set(FILES)
