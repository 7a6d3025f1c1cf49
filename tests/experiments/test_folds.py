"""Parts by conversation: all of a group in one part, every utterance judged once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus import Corpus
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.experiments.folder import FILES
from mmmie.experiments.folds import fold_corpus, fold_of, judged_corpus, together
from mmmie.experiments.run import Experiment


def test_parts_are_even_and_tear_no_conversation(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus(conversations=23)
    part = fold_of(corpus, 5)
    sizes = np.bincount(part)
    assert len(sizes) == 5 and sizes.max() - sizes.min() <= 5  # one conversation
    assert pd.Series(part).groupby(corpus.utterances["conversation"]).nunique().max() == 1
    assert (fold_of(corpus, 5) == part).all()


def test_a_model_sees_nothing_of_what_it_is_judged_on(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus(conversations=23)
    judged = np.zeros(len(corpus), int)
    for fold in range(5):
        found = fold_corpus(corpus, 5, fold)
        by_split = found.utterances.groupby("split")["conversation"].agg(set)
        assert set(by_split.index) == {"train", "valid", "test"}
        assert not by_split["test"] & (by_split["train"] | by_split["valid"])
        assert not by_split["train"] & by_split["valid"]
        assert 0.05 < len(found.rows("valid")) / len(corpus) < 0.2
        judged[found.rows("test")] += 1
        assert (fold_of(corpus, 5)[found.rows("test")] == fold).all()
    assert (judged == 1).all() and len(judged_corpus(corpus).rows("test")) == len(corpus)
    assert (corpus.utterances["split"] != "test").all()  # the corpus itself is as it was


def test_a_speaker_stays_in_one_part(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus(conversations=12)
    names = corpus.utterances["conversation"].map(lambda c: f"s{int(c[1:]) // 2}")
    corpus.utterances["speaker"] = names  # six people, two conversations each
    part = pd.Series(fold_of(corpus, 6, "speaker"))
    assert part.groupby(names).nunique().max() == 1 and part.nunique() == 6
    for folds, by, words in (
        (7, "speaker", "6 groups"),
        (13, "conversation", "12"),
        (1, "speaker", "2"),
    ):
        with pytest.raises(InputError, match=words):
            fold_of(corpus, folds, by)  # type: ignore[arg-type]
    corpus.utterances["speaker"] = None
    with pytest.raises(InputError, match="no speakers"):
        fold_of(corpus, 2, "speaker")
    with pytest.raises(InputError, match="more parts"):
        fold_corpus(make_corpus(conversations=2), 2, 0)


def test_outputs_are_put_together_by_part() -> None:
    part = np.array([0, 1, 0, 1])
    outputs = [np.array([1.0, 1, 1, 1]), np.array([2.0, 2, 2, 2])]
    assert together(outputs, part).tolist() == [1, 2, 1, 2]


@pytest.mark.slow
def test_every_utterance_is_predicted_once(
    make_corpus: Callable[..., Corpus], tmp_path: Path
) -> None:
    """A baseline that predicts the mean of what it saw tells which part it was kept from."""
    corpus = make_corpus(conversations=9)
    save_corpus_folder(corpus, tmp_path / "data")
    file = tmp_path / "folds.toml"
    file.write_text(
        'name = "f"\nseeds = [4]\nbaselines = ["constant", "ridge"]\nreference = "ridge"'
    )
    experiment = Experiment(file, str(tmp_path / "data"), tmp_path / "out", folds=3)
    assert len(experiment.states()) == 6
    experiment.run(processes=1, device="cpu", quiet=True)
    said = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert (said.groupby("configuration")["id"].nunique() == len(corpus)).all()
    assert len(said) == 2 * len(corpus)
    constant = said[said["configuration"] == "constant"].reset_index(drop=True)
    assert (constant["part"].to_numpy() == fold_of(corpus, 3) + 1).all()
    assert constant.groupby("part")["prediction"].nunique().max() == 1
    assert constant["prediction"].nunique() == 3
    table = pd.read_csv(tmp_path / "out" / "results.csv")
    mae = table[(table["metric"] == "mae") & (table["slice"] == "all")]
    error = (said["prediction"] - said["label"]).abs().groupby(said["configuration"]).mean()
    found = mae.set_index("configuration")["value"]
    assert found["ridge"] == pytest.approx(error["ridge"], abs=1e-5) and found["ridge"] < 1
    report = (tmp_path / "out" / "report.md").read_text()
    assert "3 held-out parts" in report
    # while it runs there is driver.json too
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES) - {"driver.json"}
    again = Experiment(file, str(tmp_path / "data"), tmp_path / "out", folds=3)
    assert {state for _, state in again.states()} == {"finished"}
