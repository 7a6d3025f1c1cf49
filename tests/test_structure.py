"""The shape of the house: sizes, directions and circles, read from the imports themselves."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for package in ("app", "mmmie")
    for file in sorted((ROOT / package).rglob("*.py"))
}
LOWER = {  # part of the core → what it may import of the core, beside itself
    "mmmie.errors": set(),
    "mmmie.files": {"errors"},
    "mmmie.reading": {"errors"},
    "mmmie.limits": {"errors"},
    "mmmie.hosting": {"errors"},
    "mmmie.mi": {"errors"},
    "mmmie.corpus": {"errors", "files", "reading"},
    "mmmie.metrics": {"errors", "corpus"},
    "mmmie.datasets": {"errors", "files", "reading", "limits", "corpus"},
    "mmmie.model": {"errors", "files", "reading", "corpus", "mi", "hub_files"},
    "mmmie.jobs": {
        "errors",
        "files",
        "hosting",
        "reading",
        "limits",
        "corpus",
        "metrics",
        "training",
        "termination",
    },
}


@cache
def imports(module: str, at_import: bool = False) -> frozenset[str]:
    """The modules of this project that a module names, packages that only re-export included.

    Args:
        module: dotted.
        at_import: leave out what is imported inside functions.
    """
    tree = ast.parse(FILES[module].read_text("utf-8"))
    found = set()
    nodes = tree.body if at_import else ast.walk(tree)
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in inner if name in FILES]
            names = modules if len(modules) == len(inner) else [*modules, node.module]
        found.update(name for name in names if name in FILES and name != module)
    return frozenset(found)


@cache
def reached(module: str) -> frozenset[str]:
    """Everything that a module needs, whatever the way."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports(waiting.pop()) - seen:
            seen.add(name)
            waiting.append(name)
    return frozenset(seen)


def page_of(module: str) -> str | None:
    """The folder of the page that a module belongs to, if any."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["app", "screens"] and len(parts) > 3 else None


PAGES = {page for module in FILES if (page := page_of(module)) is not None}


def test_there_is_something_to_look_at():
    assert len(FILES) > 200 and len(PAGES) >= 9
    assert "mmmie.model.mmmie" in reached("mmmie.training.trainer")


def test_no_import_circle():
    # an __init__ that lends names of its own package is no step of its own
    circles = [module for module in FILES if module in reached(module)]
    assert not circles, circles


def test_folders_and_files_are_small():
    counts = Counter(file.parent for file in FILES.values() if file.name != "__init__.py")
    wide = {str(f): n for f, n in counts.items() if n > (20 if f.name == "parts" else 15)}
    long = {m: n for m, f in FILES.items() if (n := len(f.read_text("utf-8").splitlines())) > 450}
    assert not wide and not long, (wide, long)


def test_the_core_knows_no_screen():
    for module, file in FILES.items():
        if module.startswith("mmmie"):
            words = file.read_text("utf-8")
            assert not any(name.startswith("app") for name in imports(module)), module
            assert "import streamlit" not in words and "import plotly" not in words, module


def test_what_is_private_to_streamlit_stays_so():
    for module, file in FILES.items():
        words = file.read_text("utf-8")
        assert "streamlit.proto" not in words and "streamlit.runtime" not in words, module


@pytest.mark.parametrize("part", sorted(LOWER))
def test_dependencies_run_downwards(part):
    allowed = {f"mmmie.{name}" for name in LOWER[part]} | {part, "mmmie"}
    for module in FILES:
        if module == part or module.startswith(f"{part}."):
            for name in imports(module):
                home = ".".join(name.split(".")[:2])
                assert home in allowed, f"{module} imports {name}"


def test_a_page_imports_no_other_page():
    for module in FILES:
        own = page_of(module)
        others = {page for name in imports(module) if (page := page_of(name)) is not None}
        if own is None:
            assert not others, f"{module} imports of the pages {others}"
        else:
            assert others <= {own}, f"{module} imports of the pages {others - {own}}"


def test_what_one_page_alone_uses_lives_with_that_page():
    everywhere = reached("app.main") | {"app.main"}
    users: dict[str, set[str]] = {}
    for page in PAGES:
        for name in reached(f"app.screens.{page}.page"):
            users.setdefault(name, set()).add(page)
    for module in FILES:
        if module.startswith("app.") and page_of(module) is None and module not in everywhere:
            pages = users.get(module, set())
            package = FILES[module].name == "__init__.py"
            assert package or len(pages) > 1, f"{module} is reached from {pages or 'nowhere'}"


def test_the_server_reads_no_corpus_of_others_itself():
    readers = {"open_corpus_folder", "recognise_corpus", "keep_upload", "convert_corpus"}
    for module, file in FILES.items():
        if module.startswith("app."):
            words = file.read_text("utf-8")
            assert not any(re.search(rf"\b{name}\(", words) for name in readers), module
            assert all(said == '"demo"' for said in re.findall(r"\bload_corpus\((.*?)\)", words))
