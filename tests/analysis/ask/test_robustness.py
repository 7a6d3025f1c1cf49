"""Missing modalities: every subset says what a corpus without the others says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.ask.robustness import robustness
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.metrics import metrics_for
from tests.analysis.untrained import untrained_checkpoint

LEVELS = {"text": "sequence", "audio": "utterance", "vision": "utterance"}


@pytest.mark.parametrize("classes", [None, ("no", "maybe", "yes")])
def test_a_subset_is_a_corpus_without_the_others(
    make_corpus: Callable[..., Corpus], tmp_path: Path, classes: tuple[str, ...] | None
) -> None:
    corpus = make_corpus(classes=classes, levels=LEVELS)
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    found = robustness(checkpoint, corpus, rates=[0.3, 1.0], draws=2)
    metric = "f1_weighted" if classes else "mae"
    assert (found["n"], found["metric"]) == (20, metric)
    assert next(iter(found["subsets"])) == "text+audio+vision" and len(found["subsets"]) == 7
    whole = checkpoint.evaluate(corpus)
    assert found["subsets"]["text+audio+vision"][metric] == pytest.approx(whole[metric])
    rows = corpus.rows("valid")
    for kept in (("text",), ("audio", "vision")):
        part = replace(
            corpus,
            modalities={name: corpus.modalities[name] for name in kept},
            features={name: corpus.features[name] for name in kept},
        )
        said = checkpoint.predict(part)["prediction"].to_numpy()[rows]
        if classes:
            said = np.array([classes.index(name) for name in said])
        figures = found["subsets"]["+".join(kept)]
        assert figures[metric] == pytest.approx(
            metrics_for(corpus.label, said, corpus.targets[rows])[metric]
        )
        change = figures["change"]
        assert change["value"] == pytest.approx(figures[metric] - whole[metric])
        assert change["low"] <= change["value"] <= change["high"]
    none, some, most = found["rates"]
    assert none["missing"] == 0 and none[metric] == pytest.approx(whole[metric])
    assert 0.15 < some["missing"] < 0.45 and most["missing"] == pytest.approx(2 / 3)
    assert some["low"] <= some[metric] <= some["high"] and some["n"] == 20


def test_one_modality_has_one_subset_and_no_curve(
    make_corpus: Callable[..., Corpus], tmp_path: Path
) -> None:
    corpus = make_corpus(levels={"text": "utterance"})
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    found = robustness(checkpoint, corpus)
    assert list(found["subsets"]) == ["text"] and [r["rate"] for r in found["rates"]] == [0.0]
    with pytest.raises(InputError, match="rates"):
        robustness(checkpoint, corpus, rates=[1.5])


def test_of_many_modalities_not_every_subset_is_asked(
    make_corpus: Callable[..., Corpus], tmp_path: Path
) -> None:
    corpus = make_corpus(levels={f"m{i}": "utterance" for i in range(7)}, dim=2)
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    subsets = robustness(checkpoint, corpus, rates=[0.5], draws=1)["subsets"]
    assert sorted(name.count("+") + 1 for name in subsets) == [1] * 7 + [6] * 7 + [7]
