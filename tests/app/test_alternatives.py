"""No picture without words for those who cannot see it."""

import ast
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
PICTURES = {"figure", "chart", "plotly_chart", "image", "audio"}


def pictures() -> list[tuple[str, ast.Call]]:
    """Where every picture of the app is drawn, and the call that does."""
    found = []
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in PICTURES:
                found.append((f"{file.relative_to(APP)}:{node.lineno}", node))
    return found


def test_the_pictures_are_found():
    assert len(pictures()) > 40


@pytest.mark.parametrize("where, call", pictures(), ids=[where for where, _ in pictures()])
def test_every_picture_has_an_alternative(where, call):
    held = {keyword.arg: keyword.value for keyword in call.keywords}
    shared = None in held  # app.parts.figures hands its own on
    assert shared or "alt" in held, f"{where} has no alt="
    words = held.get("alt")
    if isinstance(words, ast.Constant):
        assert len(str(words.value).split()) > 2, f"{where}: {words.value!r} says too little"
