"""Every page on every shipped checkpoint, and on what can go wrong, without a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import pages
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, Status
from tests.app.opening import TABS, as_read, goto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page.file for page in pages.PAGES.values()]
SHIPPED = sorted(f.parent.name for f in (ROOT / "checkpoints").glob("*/config.json"))
SMALL = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.epochs=2"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty place for runs and checkpoints."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path


def open_app(checkpoint: str | None = None, **parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    if checkpoint:
        app.query_params["checkpoint"] = checkpoint
    for key, value in parameters.items():
        app.query_params[key] = value
    return app


def visit(app: AppTest, page: str) -> AppTest:
    """Open a page and every tab of it; anything uncaught fails the test."""
    slug = page.split("/")[1]
    goto(app, slug)
    assert not app.exception, f"{page}: {[e.value for e in app.exception]}"
    names = [tab.label for tab in app.tabs] if slug in TABS else []
    for name in names[1:]:
        app.session_state[TABS[slug]] = name
        app.run()
        assert not app.exception, f"{page}, {name}: {[e.value for e in app.exception]}"
        assert not app.error, f"{page}, {name}: {[e.value for e in app.error]}"
    return app


@pytest.fixture(scope="module")
def trained(tmp_path_factory, make_corpus):
    """A factory of places with a small run and its corpus, each trained once."""
    places = tmp_path_factory.mktemp("trained")

    def place_of(name="run", overrides=(), transcripts=True, **corpus):
        place = places / name
        if not place.exists():
            made = make_corpus(conversations=24, **corpus)
            if not transcripts:
                made.utterances = made.utterances.drop(columns="transcript")
            save_corpus_folder(made, place / "corpus")
            config = load_config(overrides=[*SMALL, *overrides])
            train(place / "corpus", place / "runs" / name, config, device="cpu")
        return place

    return place_of


@pytest.fixture
def untouched(trained, home, monkeypatch):
    """Opens the app where a run is that no test changes: what is computed is computed once."""

    def open_run(name="run", kind=None, **parameters):
        monkeypatch.setenv("MMMIE_RUNS", str(trained(name, **kind or {}) / "runs"))
        return open_app(f"runs/{name}", **parameters)

    return open_run


@pytest.fixture
def run_to_break(trained, home):
    """A copy of the small run with its corpus, under `home`."""
    place = trained()
    shutil.copytree(place, home, dirs_exist_ok=True)
    run = RunFolder(home / "runs" / "run")
    for file in (*run.path.rglob("*.json"), *run.path.rglob("*.toml")):
        file.write_text(file.read_text().replace(str(place), str(home)))
    return run


def test_the_shipped_checkpoints_are_there():
    assert ["demo", *DIFFERENT] == SHIPPED


def has_no_error(app, page):
    assert not app.error, f"{page}: {[e.value for e in app.error]}"
    cards = [c.value for c in app.caption if c.value.startswith("pinned · ")]
    assert len(cards) == (page == "screens/representations/page.py"), page


@pytest.mark.usefixtures("closed_gpu")
def test_every_page_on_the_demo(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = open_app("demo", compare="demo-no-identity", pinned="c007_01").run()
    assert not app.exception
    for page in PAGES:
        has_no_error(visit(app, page), page)
    app.session_state["lesson_step"] = 4
    goto(app, "learn")
    assert not app.exception and not app.error
    assert any("demo-no-mi-min" in as_read(c.value) for c in app.caption)  # beside the squeeze


DIFFERENT = {
    "demo-no-context": ["context_identity", "predictions"],
    "demo-no-identity": ["context_identity"],
    "demo-no-mi-max": ["mutual_information"],
    "demo-no-mi-min": ["mutual_information"],
}


@pytest.mark.usefixtures("closed_gpu")
@pytest.mark.parametrize("name", DIFFERENT)
def test_the_pages_that_what_is_left_out_changes_on_the_other_shipped_checkpoints(
    name, tmp_path, monkeypatch
):
    """Overview as well; what each other page does without it, small runs show."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = open_app(name, compare="demo", pinned="c007_01").run()
    assert not app.exception and name in as_read(app.title[0].value)
    for slug in DIFFERENT[name]:
        page = pages.PAGES[slug].file
        has_no_error(visit(app, page), page)


KINDS = {
    "little": {
        "levels": {"text": "sequence"},
        "transcripts": False,
        "speakers": False,
        "label_range": (1.0, 5.0),
        "overrides": ["model.context.enabled=false", "objective.maximise.enabled=false"],
    },
    "four-modalities": {
        "levels": {f"m{i}": "utterance" for i in range(4)},
        "overrides": [
            "model.identity.enabled=false",
            "model.readout=summary",
            "objective.minimise.enabled=false",
        ],
    },
}
"""Whatever a corpus or a model may lack, on one run at least; `test_hostile` has classes."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_on_every_kind_of_corpus_with_a_selection_that_it_keeps(untouched, kind):
    app = untouched(kind, KINDS[kind], utterance="c2_3", selected="c2_3,c5_1").run()
    for page in PAGES:
        visit(app, page)
        assert not app.error, f"{page}: {[e.value for e in app.error]}"
        chosen = app.session_state["selection"]
        assert (chosen.primary, chosen.ids) == ("c2_3", ("c2_3", "c5_1"))
    assert app.query_params["utterance"] in ("c2_3", ["c2_3"])


def test_one_utterance_a_conversation_is_said_to_be_no_context(untouched):
    app = untouched("single", {"length": 1})
    for slug in ("overview", "context_identity"):
        goto(app, slug)
        assert not app.exception and not app.error, slug
        assert any("there is no context" in c.value for c in app.caption), slug


def test_no_checkpoint_at_all(home):
    app = open_app()
    for page in PAGES:
        visit(app, page)


def test_a_run_in_its_first_epoch_and_a_failed_one(run_to_break, home):
    run = run_to_break
    run.metrics_file.unlink()
    shutil.rmtree(run.snapshots)
    run.write_status(Status("running", epochs=2))
    failed = RunFolder(home / "runs" / "failed")
    failed.path.mkdir(parents=True)
    failed.config.write_text("")
    failed.write_status(Status("failed", error="loss term `task` is not finite"))
    app = open_app("runs/run").run()
    for page in PAGES:
        visit(app, page)


def test_a_corpus_that_moved_gives_a_readable_box(run_to_break, home):
    (home / "corpus").rename(home / "elsewhere")
    app = open_app("runs/run")
    for page in PAGES:
        goto(app, page.split("/")[1])
        assert not app.exception, f"{page}: {[e.value for e in app.exception]}"
        if page not in ("screens/train/page.py", "screens/data/page.py"):
            assert any("no longer at" in e.value for e in app.error), page


def test_a_broken_description_is_not_offered_or_says_so(run_to_break):
    file = run_to_break.best / "config.json"
    raw = json.loads(file.read_text())
    raw["config"]["model"]["width"] = 3
    file.write_text(json.dumps(raw))
    app = open_app("runs/run").run()
    assert not app.exception
    assert any("model.width" in as_read(e.value) for e in app.error)


MUTUAL_INFORMATION = "screens/mutual_information/page.py"


def without_new_families(run):
    """Make the history of a run one from before brackets and checks were recorded."""
    new = ("mi/std/", "mi/lower", "mi/upper", "mi/check")
    lines = [json.loads(line) for line in run.metrics_file.read_text().splitlines()]
    kept = [{k: v for k, v in line.items() if not k.startswith(new)} for line in lines]
    run.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in kept))


def test_bounds_of_a_run_show_brackets_and_the_check_and_of_an_old_one_neither(
    untouched, run_to_break, home, monkeypatch
):
    app = visit(untouched(), MUTUAL_INFORMATION)
    table = app.table[0].value
    assert table["independent, nats"].str.startswith("bracket").any()
    assert table["independent, nats"].str.startswith("fresh critic").any()
    assert any("no part in training" in m.value for m in app.markdown)

    without_new_families(run_to_break)
    monkeypatch.setenv("MMMIE_RUNS", str(home / "runs"))
    app = visit(open_app("runs/run"), MUTUAL_INFORMATION)
    assert "independent, nats" not in app.table[0].value
    assert not any("no part in training" in m.value for m in app.markdown)


def test_the_unit_of_the_url_holds_for_all_that_is_said(untouched):
    app = visit(untouched(mi_unit="bits"), MUTUAL_INFORMATION)
    assert "objective, bits" in app.table[0].value
    assert not any("nats" in s.value for s in app.subheader)


def test_only_the_section_of_the_url_is_drawn(untouched):
    app = visit(untouched(mi_section="Estimators on these codes"), MUTUAL_INFORMATION)
    assert "estimators" in app.title[0].value
    assert not any("concluded" in fold.label for fold in app.expander)
    trained = visit(untouched(), MUTUAL_INFORMATION)
    assert any("concluded" in fold.label for fold in trained.expander)


def test_the_lab_needs_no_checkpoint(home):
    app = visit(open_app(mi_section="Estimator lab"), MUTUAL_INFORMATION)
    assert "trusted" in app.title[0].value
    assert not any("no checkpoint" in s.value for s in app.subheader)
