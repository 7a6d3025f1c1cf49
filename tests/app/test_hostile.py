"""Text of others is text: no name of a corpus, a run or a checkpoint is markup on any page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.export.report import Facts, report_html
from app.pages import PAGES
from app.parts.names import figure_text, plain
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder
from tests.app.hostile import HOST, KINDS, NAMES, hostile_corpus, unescaped
from tests.app.opening import every_view
from tests.app.shown import Markup, figures_of, markdown_of, markup_of, written

pytestmark = pytest.mark.slow

MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")
SMALL = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.epochs=2"]
CHOSEN = f"{NAMES[12]} 12"
IN_FIGURES = ("<b>evil<", "<img", "<a href", "%{x} evil")


def folder_name(text: str) -> str:
    """What a folder can be called: a slash that is none."""
    return text.replace("/", "∕")


@pytest.fixture(scope="module", params=["classes", "numbers"])
def home(request, tmp_path_factory):
    """Three runs on a hostile corpus: one to look at, one to compare, one that failed."""
    home = tmp_path_factory.mktemp(request.param)
    data = home / "corpora" / folder_name(NAMES[0])
    save_corpus_folder(hostile_corpus(request.param == "classes"), data)
    first = home / "runs" / folder_name(NAMES[2])
    of_classes = ["objective.maximise.enabled=false"] if request.param == "classes" else []
    train(data, first, load_config(overrides=[*SMALL, *of_classes]), device="cpu")
    second = shutil.copytree(first, home / "runs" / folder_name(f"second {' '.join(NAMES[:4])}"))
    failed = RunFolder(shutil.copytree(first, home / "runs" / folder_name(NAMES[0])))
    status = failed.read_status()
    status.state, status.error = "failed", " ".join(NAMES)
    failed.write_status(status)
    failed.log.write_text(f"{' '.join(NAMES)}\n" * 3)
    return home, first.name, second.name


@pytest.fixture
def app(home, monkeypatch):
    folder, first, second = home
    monkeypatch.setenv("MMMIE_RUNS", str(folder / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(folder / "none"))
    app = AppTest.from_file(MAIN, default_timeout=300)
    app.query_params["checkpoint"] = f"runs/{first}"
    app.query_params["compare"] = f"runs/{second}"
    app.query_params["pinned"] = f"{NAMES[3]} 3"
    app.query_params["utterance"] = app.query_params["selected"] = CHOSEN
    app.query_params["run"] = folder_name(NAMES[0])
    app.query_params["colour"], app.query_params["slice"] = NAMES[0], f"{NAMES[1]}=1"
    [data] = (folder / "corpora").iterdir()
    app.session_state["wanted_corpus"] = str(data)
    with_text = " ".join(NAMES[:4] if folder.name.startswith("numbers") else NAMES[:5])
    app.query_params["neighbour_space"] = f"invariant.{with_text}"
    return app


def faults(app: AppTest) -> list[str]:
    """Where a page holds what a browser would read as markup."""
    found = [
        f"{where}: {kinds}: {text[:150]}"
        for where, text in markdown_of(app)
        if (kinds := unescaped(text))
    ]
    for where, text in markup_of(app):
        markup = Markup(text)
        if markup.active or markup.tags & {"a", "b", "img", "script"}:
            found.append(f"{where}: {markup.active}, {markup.tags}")
    for figure in figures_of(app):
        found += [f"figure: {t[:150]}" for t in written(figure) if any(f in t for f in IN_FIGURES)]
    return found


@pytest.mark.parametrize("slug", PAGES)
def test_no_text_of_others_is_markup(app, slug):
    names = 0
    for view in every_view(app, slug):
        assert not app.exception, (view, [e.value for e in app.exception])
        assert not faults(app), (view, faults(app))
        chosen = app.session_state["selection"]
        assert chosen.ids == (chosen.primary,) == (CHOSEN,), view
        names += sum("evil" in text for _, text in markdown_of(app))
        parts = app.session_state["page_record"].complete()
        report = Markup(report_html(parts, Facts()).partition("<script")[0])
        assert not [v for _, v in report.active if v and HOST in v], (view, report.active)
    assert names > 1  # they are there, as text


def test_messages_quote_text_of_others_as_text(app, home):
    folder, first, _ = home
    app.query_params["utterance"] = NAMES[0]  # there is none of this id
    for _view in every_view(app, "data"):
        pass
    app.session_state["data_tab"] = "Bring your own"
    app.run()
    for path in (str(folder / "corpora" / folder_name(NAMES[0])), f"/{NAMES[0]}"):
        app.text_input(key="bring-path").set_value(path).run()
        assert not app.exception and not faults(app), faults(app)
        assert app.success or app.error
    (folder / "runs" / first / "best" / "config.json").rename(folder / "kept")
    try:
        (folder / "runs" / first / "best" / "config.json").write_text(f'{{"{NAMES[2]}": 1}}')
        app.session_state["checkpoint"] = f"runs/{first}"
        app.run()
        assert app.error and not app.exception and not faults(app), faults(app)
    finally:
        (folder / "kept").replace(folder / "runs" / first / "best" / "config.json")


@pytest.mark.parametrize("name", [name for name, start in KINDS.items() if start])
def test_every_kind_is_found_where_it_is_not_escaped_and_not_where_it_is(name):
    assert unescaped(f"So {name}")
    assert not unescaped(f"So {plain(name)}, *{plain(name)}*")
    assert not any(start in figure_text(name) for start in IN_FIGURES)
