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
from tests.app.opening import TABS, goto

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
def trained(tmp_path_factory):
    """Where small runs are trained, each once however many tests want it."""
    return tmp_path_factory.mktemp("trained")


@pytest.fixture
def run_of(make_corpus, trained, home):
    """A factory of small runs with a corpus of their own, under `home`."""

    def make(name="run", overrides=(), **corpus):
        data, run = trained / f"corpus-{name}", trained / "runs" / name
        if not run.exists():
            save_corpus_folder(make_corpus(conversations=24, **corpus), data)
            config = load_config(overrides=[*SMALL, *overrides])
            train(data, run, config, device="cpu")
        shutil.copytree(data, home / data.name)
        copy = shutil.copytree(run, home / "runs" / name)
        for file in (*copy.rglob("*.json"), *copy.rglob("*.toml")):
            file.write_text(file.read_text().replace(str(trained), str(home)))
        return RunFolder(copy)

    return make


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
    """Overview and the lesson as well; what each other page does without it, small runs show."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = open_app(name, compare="demo", pinned="c007_01").run()
    assert not app.exception and name in app.title[0].value
    for slug in (*DIFFERENT[name], "learn"):
        page = pages.PAGES[slug].file
        has_no_error(visit(app, page), page)


KINDS = {
    "one-modality": {"levels": {"text": "sequence"}},
    "no-speakers": {"speakers": False},
    "no-context-and-squeeze": {
        "overrides": ["model.context.enabled=false", "objective.minimise.enabled=false"]
    },
    "summary-no-identity-and-pull": {
        "overrides": [
            "model.identity.enabled=false",
            "model.readout=summary",
            "objective.maximise.enabled=false",
        ]
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_on_every_kind_of_corpus(run_of, kind):
    """Classes, four modalities and another range have hostile names: tests/app/test_hostile.py."""
    run_of(kind, **KINDS[kind])
    app = open_app(f"runs/{kind}").run()
    for page in PAGES:
        visit(app, page)
        assert not app.error, f"{page}: {[e.value for e in app.error]}"


def test_every_page_without_transcripts(make_corpus, home):
    data = home / "corpus"
    corpus = make_corpus(conversations=24)
    corpus.utterances = corpus.utterances.drop(columns="transcript")
    save_corpus_folder(corpus, data)
    train(data, home / "runs" / "run", load_config(overrides=SMALL), device="cpu")
    app = open_app("runs/run").run()
    for page in PAGES:
        visit(app, page)


def test_no_checkpoint_at_all(home):
    app = open_app()
    for page in PAGES:
        visit(app, page)


def test_a_run_in_its_first_epoch_and_a_failed_one(run_of, home):
    run = run_of()
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


def test_a_corpus_that_moved_gives_a_readable_box(run_of, home):
    run_of()
    (home / "corpus-run").rename(home / "elsewhere")
    app = open_app("runs/run")
    for page in PAGES:
        visit(app, page)
        if page not in ("screens/train/page.py", "screens/data/page.py"):
            assert any("no longer at" in e.value for e in app.error), page


def test_broken_weights_give_a_readable_box(run_of):
    run = run_of()
    file = run.best / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    app = open_app("runs/run")
    for page in PAGES:
        visit(app, page)


def test_a_broken_description_is_not_offered_or_says_so(run_of):
    run = run_of()
    file = run.best / "config.json"
    raw = json.loads(file.read_text())
    raw["config"]["model"]["width"] = 3
    file.write_text(json.dumps(raw))
    app = open_app("runs/run").run()
    assert not app.exception
    assert any("model.width" in e.value for e in app.error)


def test_the_selection_of_the_url_is_taken_and_kept_over_pages(run_of):
    run_of()
    app = open_app("runs/run", utterance="c2_3", selected="c2_3,c5_1").run()
    for page in PAGES:
        visit(app, page)
        chosen = app.session_state["selection"]
        assert (chosen.primary, chosen.ids) == ("c2_3", ("c2_3", "c5_1"))
    assert app.query_params["utterance"] in ("c2_3", ["c2_3"])


MUTUAL_INFORMATION = "screens/mutual_information/page.py"


def without_new_families(run):
    """Make the history of a run one from before brackets and checks were recorded."""
    new = ("mi/std/", "mi/lower", "mi/upper", "mi/check")
    lines = [json.loads(line) for line in run.metrics_file.read_text().splitlines()]
    kept = [{k: v for k, v in line.items() if not k.startswith(new)} for line in lines]
    run.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in kept))


def test_bounds_of_a_run_show_brackets_and_the_check_and_of_an_old_one_neither(run_of):
    run = run_of()
    app = visit(open_app("runs/run"), MUTUAL_INFORMATION)
    table = app.table[0].value
    assert table["independent, nats"].str.startswith("bracket").any()
    assert table["independent, nats"].str.startswith("fresh critic").any()
    assert any("no part in training" in m.value for m in app.markdown)

    without_new_families(run)
    app = visit(open_app("runs/run"), MUTUAL_INFORMATION)
    assert "independent, nats" not in app.table[0].value
    assert not any("no part in training" in m.value for m in app.markdown)


def test_the_unit_of_the_url_holds_for_all_that_is_said(run_of):
    run_of()
    app = visit(open_app("runs/run", mi_unit="bits"), MUTUAL_INFORMATION)
    assert "objective, bits" in app.table[0].value
    assert not any("nats" in s.value for s in app.subheader)


def test_only_the_section_of_the_url_is_drawn(run_of):
    run_of()
    app = visit(open_app("runs/run", mi_section="Estimators on these codes"), MUTUAL_INFORMATION)
    assert "estimators" in app.title[0].value
    assert not any("concluded" in fold.label for fold in app.expander)
    trained = visit(open_app("runs/run"), MUTUAL_INFORMATION)
    assert any("concluded" in fold.label for fold in trained.expander)


def test_the_lab_needs_no_checkpoint(home):
    app = visit(open_app(mi_section="Estimator lab"), MUTUAL_INFORMATION)
    assert "trusted" in app.title[0].value
    assert not any("no checkpoint" in s.value for s in app.subheader)
