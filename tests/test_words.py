"""The product's words: phrases that a reader stumbles over do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
THINGS = (
    "bars?|bits?|boxes|cells?|codes?|columns?|correlations?|dots?|entry|entries|figures?|files?|"
    "frames?|letters|lines?|maps?|numbers?|objects?|pairs?|panels?|pixels|points?|predictions?|"
    "processes|rows?|scores?|seconds|seeds|sentences?|sequences?|steps?|strips?|targets?|tokens?|"
    "tasks?|trials?|utterances?|values?|vectors?|windows?"
)
EACH = (
    "batch|bin|channel|class|code|column|configuration|conversation|core|dimension|epoch|estimator|"
    "figure|file|frame|GPU|group|metric|minute|modality|pair|point|process|rank|row|run|second|"
    "seed|slice|speaker|split|step|task|token|trial|turn|utterance|word"
)
FAULTS = {
    "per": rf"\b({THINGS}) an? ({EACH})\b",
    "is represented by": r"stands for by its",
    "stopped improving": r"stopped to improve",
    "not supported by": r"which this (GPU|device|machine) has not",
    "approximate batch size": r"Targets a step|, about; all processes",
    "in both directions": r"\b(but|or|and) either way\b",
    "neutral labels excluded": r"(right|exactly) there left out",
    "more likely real": r"What (both|all) seeds show is there",
    "shortcuts are off while you type": r"Keys rest",
    "no clear difference": r"could not be chance|no difference shown|difference that could",
    "the shared code holds": r"\bz holds .{1,8} of what the modalities share",
    "the shared code keeps": r"Of its input a modality keeps",
    "usually 1–3 minutes": r"nobody knows how|Nothing was trained on this corpus",
    "name the checkpoints": r"[Tt]he (first|second) is (better|worse) by",
    "fix": r"\b[Mm]end(s|ed|ing)?\b",
    "continue": r"\b[Gg]o(es|ing|ne)? on (with|to|from|after|where|until|while)\b|^Go on$",
    "unpin": r"[Ll]ets? it go\b",
    "missing modalities are marked as absent": r"What it has not|no utterance has\b.*what it",
    "may be limited by the estimator": r"limit of the ruler",
}  # fmt: skip
ALLOWED: dict[str, tuple[str, ...]] = {}
"""File → the faults that it may keep; empty, and to stay so."""


def literals(file: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string of a Python file, what is inserted into it left open."""
    tree = ast.parse(file.read_text("utf-8"))
    inner = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
        for part in node.values
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and id(node) not in inner:
            yield from [(node.lineno, node.value)] if isinstance(node.value, str) else []


def faults_in(text: str) -> Iterator[tuple[str, str]]:
    """What should stand there, and what does."""
    said = " ".join(text.split())
    for better, pattern in FAULTS.items():
        for found in re.finditer(pattern, said):
            yield better, found.group()


def sources() -> list[Path]:
    """What a reader of the product, its documents or its code meets."""
    code = [file for part in ("app", "mmmie") for file in (ROOT / part).rglob("*.py")]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "mmmie").rglob("*.j2")]
    return sorted([*code, *pages])


def test_plain_words_only():
    found = []
    for file in sources():
        name = file.relative_to(ROOT).as_posix()
        lines = enumerate(file.read_text("utf-8").splitlines(), start=1)
        for line, text in literals(file) if file.suffix == ".py" else lines:
            for better, fault in faults_in(text):
                if better not in ALLOWED.get(name, ()):
                    found.append(f"{name}:{line}: “{fault}”, better: {better}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("One row a slice", "per"),
        ("needs one score an utterance", "per"),
        ("makes no difference that\n    could not be chance", "no clear difference"),
        ("name the file, the field and the mend", "fix"),
        ("Go on", "continue"),
    ],
)
def test_the_faults_are_found(text: str, better: str):
    assert [name for name, _ in faults_in(text)] == [better]


def test_plain_words_are_left_alone():
    for text in ("one row per slice", "recommended", "amendment", "values of a slice", "either"):
        assert not list(faults_in(text)), text
