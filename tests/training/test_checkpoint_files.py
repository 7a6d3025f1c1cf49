"""Checkpoints: what is written loads again; what does not fit is refused in one line."""

import json
import shutil

import numpy as np
import pytest
from safetensors.torch import save_file

from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.corpus import Label
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import FILES, parameter_count, read_checkpoint_info
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(make_corpus, tmp_path_factory):
    small = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.epochs=2"]
    config = load_config(overrides=[*small, "training.mi_check_every=0"])
    return train(make_corpus(), tmp_path_factory.mktemp("trained") / "run", config, device="cpu")


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the run, which a test may break."""
    return RunFolder(shutil.copytree(trained.path, tmp_path / "run"))


def test_a_run_folder_is_taken_wherever_a_checkpoint_is(make_corpus, run):
    corpus = make_corpus()
    results = [load_checkpoint(p).evaluate(corpus) for p in (run.path, run.best)]
    assert results[0] == results[1]
    assert results[0]["mae"] == pytest.approx(
        load_checkpoint(run.path).info.metrics["mae"], rel=1e-5
    )
    assert load_checkpoint(run.path).info.name == "run"
    assert len(load_checkpoint(run.best).history) == 2


def test_every_file_of_a_checkpoint_is_described(run):
    assert {path.name for path in run.best.iterdir()} == set(FILES) - {"text_encoder"}


def test_standardisation_travels_so_unseen_conversations_alone_can_be_evaluated(make_corpus, run):
    corpus = make_corpus()
    valid = corpus.select(corpus.rows("valid"))
    checkpoint = load_checkpoint(run.path)
    assert checkpoint.evaluate(valid) == checkpoint.evaluate(corpus)


def test_predictions_cover_every_utterance(make_corpus, run):
    corpus = make_corpus()
    table = load_checkpoint(run.path).predict(corpus)
    assert list(table["id"]) == list(corpus.utterances["id"])
    assert table["prediction"].notna().all()
    wanted = ["id", "conversation", "position", "speaker", "split", "label", "prediction"]
    assert list(table.columns) == wanted
    valid = corpus.rows("valid")
    mae = np.abs(table["prediction"].astype(float) - table["label"]).iloc[valid].mean()
    assert mae == pytest.approx(load_checkpoint(run.path).evaluate(corpus)["mae"], rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": {"text": "sequence"}}, "modality `audio` is missing"),
        ({"dim": 5}, r"`modalities.text.dim` is 5, but .* takes 4"),
        ({"levels": {"text": "sequence", "audio": "sequence"}}, "`modalities.audio.level`"),
        ({"label_range": (1.0, 5.0)}, r"regression in \[1, 5\], .* predicts .* \[-3, 3\]"),
        ({"classes": ("a", "b")}, "`label` is classification into a/b"),
    ],
)
def test_a_corpus_that_does_not_fit(make_corpus, run, changes, words):
    with pytest.raises(InputError, match=words):
        load_checkpoint(run.path).info.fitted(make_corpus(**changes))


@pytest.mark.parametrize("keep", [0, 8, 0.5])
def test_truncated_weights(run, keep):
    file = run.best / "model.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    with pytest.raises(InputError, match=r"model.safetensors: is truncated"):
        _ = load_checkpoint(run.path).model


def test_weights_of_another_shape(run):
    file = run.best / "config.json"
    raw = json.loads(file.read_text())
    raw["config"]["model"]["dim"] = 32
    file.write_text(json.dumps(raw))
    with pytest.raises(InputError, match=r"does not fit its config.json"):
        _ = load_checkpoint(run.path).model


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "not readable JSON"), ("{}", "`format`"), ('{"format": "mmmie-checkpoint/1"}', "label")],
)
def test_a_broken_description(run, text, words):
    (run.best / "config.json").write_text(text)
    with pytest.raises(InputError, match=words):
        read_checkpoint_info(run.path)


def test_no_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none")
    with pytest.raises(InputError, match="no config.json"):
        load_checkpoint(tmp_path)


def test_a_corpus_that_moved(run):
    with pytest.raises(
        InputError, match=r"corpus `small` is no longer at None; name where it is now"
    ):
        load_checkpoint(run.path).corpus()


def test_the_card_says_what_it_is(run):
    card = (run.best / "card.md").read_text()
    for word in ("small", "seed 0", "mae", "text (4, sequence)"):
        assert word in card


@pytest.mark.parametrize("identity", [True, False])
def test_it_is_what_torch_counts(make_corpus, tmp_path, identity):
    settings = ModelSettings(dim=16, heads=2, invariant_dim=4)
    settings.identity.enabled = identity
    corpus = make_corpus()
    model = MMMIE(corpus.modalities, Label("sentiment", "regression"), settings)
    save_file(dict(model.state_dict()), tmp_path / "model.safetensors")
    assert parameter_count(tmp_path) == sum(p.numel() for p in model.parameters())


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"model\.safetensors"):
        parameter_count(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="truncated"):
        parameter_count(tmp_path)
