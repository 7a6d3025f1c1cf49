from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.ask.identity_effect import (
    RETRAINED,
    identity_changes,
    retrained_changes,
    strongest_change,
    without_effect,
)
from mmmie.analysis.ask.presets import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings

MakeCorpus = Callable[..., Corpus]


def flagged(make_corpus: MakeCorpus, **options: object) -> Corpus:
    corpus = make_corpus(conversations=60, splits=("train", "valid"), **options)
    corpus.utterances["ambiguous"] = np.arange(len(corpus)) % 5 == 0
    corpus.utterances["ambiguous"] = corpus.utterances["ambiguous"].astype(int)
    return corpus


def outputs_of(corpus: Corpus, variants: dict[str, np.ndarray], width: int = 4) -> SplitOutputs:
    rows = corpus.rows("valid")
    shape = (len(rows), width)
    return SplitOutputs(
        rows=rows,
        output={name: variants.get(name, variants[TRAINED]) for name in (TRAINED, *INTERVENTIONS)},
        attention={name: np.ones((*shape, 2)) for name in (TRAINED, *INTERVENTIONS)},
        window=np.zeros(shape, int),
        relation=np.zeros(shape, int),
        past=min(2, width - 1),
        spaces={},
        modalities=["text", "audio"],
    )


def regression(make_corpus: MakeCorpus) -> tuple[Corpus, SplitOutputs]:
    """Without identity the ambiguous utterances are off by one more, the others as before."""
    corpus = flagged(make_corpus)
    rows = corpus.rows("valid")
    targets = corpus.targets[rows].astype(float)
    trained = targets + 0.5
    off = np.where(corpus.utterances["ambiguous"].to_numpy()[rows] == 1, targets + 1.5, trained)
    return corpus, outputs_of(corpus, {TRAINED: trained, "off": off})


def one(changes: pd.DataFrame, part: str, variant: str) -> pd.Series:
    return changes[(changes["slice"] == part) & (changes["variant"] == variant)].iloc[0]


def test_changes_are_known_answers(make_corpus: MakeCorpus) -> None:
    changes = identity_changes(*regression(make_corpus))
    row = one(changes, "ambiguous=1", "off")
    assert row["error"] == pytest.approx(1.5, abs=1e-5)
    assert row["change"] == pytest.approx(1, abs=1e-5)
    assert row["low"] == pytest.approx(1, abs=1e-5)  # every conversation changes by the same
    assert row["mean_abs_shift"] == pytest.approx(1, abs=1e-5)
    everything = one(changes, "all", "off")
    assert everything["change"] == pytest.approx(0.2, abs=1e-5)
    still = one(changes, "ambiguous=0", "off")
    assert (still["low"], still["high"]) == pytest.approx((0, 0), abs=1e-5)
    assert one(changes, "all", TRAINED)["error"] == pytest.approx(0.5, abs=1e-5)
    assert len(changes) == changes["slice"].nunique() * (1 + len(INTERVENTIONS))
    assert {"all", "ambiguous=1", "turn=first", "own_last_label=changed"} <= set(changes["slice"])
    assert everything["target"] == pytest.approx(0.25)
    assert everything["total_variation"] == 0


def test_a_mask_leaves_its_utterances_and_their_slices(make_corpus: MakeCorpus) -> None:
    corpus, outputs = regression(make_corpus)
    within = corpus.utterances["ambiguous"].to_numpy()[outputs.rows] == 1
    changes = identity_changes(corpus, outputs, within)
    everything = one(changes, "all", "off")
    assert everything["n"] == within.sum()
    assert everything["change"] == pytest.approx(1, abs=1e-5)
    names = set(changes["slice"])
    assert names & {"ambiguous=0", "ambiguous=1"} == set()  # nothing, and all over again
    assert (changes["n"] >= 10).all()
    others = retrained_changes(corpus, outputs, outputs, within)
    assert set(others["slice"]) == names


def test_the_error_of_classes_is_what_the_true_one_misses(make_corpus: MakeCorpus) -> None:
    corpus = flagged(make_corpus, classes=("negative", "neutral", "positive"))
    rows = corpus.rows("valid")
    right = np.eye(3)[corpus.targets[rows]]
    wrong = np.roll(right, 1, axis=1)
    half = np.where((np.arange(len(rows)) % 2 == 0)[:, None], right, wrong)
    changes = identity_changes(corpus, outputs_of(corpus, {TRAINED: right, "off": half}))
    row = one(changes, "all", "off")
    assert row["error"] == pytest.approx(0.5)
    assert row["low"] <= row["change"] <= row["high"]
    assert row["low"] > 0
    assert row["mean_abs_shift"] == pytest.approx(0.5)


def test_the_strongest_change_is_the_slice_that_moves(make_corpus: MakeCorpus) -> None:
    changes = identity_changes(*regression(make_corpus))
    found = strongest_change(changes, "off")
    assert found is not None
    assert found["slice"] == "ambiguous=1"
    assert found["trained"] == pytest.approx(0.5, abs=1e-5)
    assert strongest_change(changes, "no_role") is None


def test_one_of_many_slices_is_not_a_finding() -> None:
    """An interval that excludes zero barely is chance where twenty slices are looked at."""
    changes = pd.DataFrame(
        {
            "slice": [f"s={i}" for i in range(20)],
            "variant": "off",
            "error": 0.5,
            "change": [0.11] + [0.0] * 19,
            "low": [0.01] + [-0.1] * 19,
            "high": [0.21] + [0.1] * 19,
        }
    )
    assert strongest_change(changes, "off") is None
    alone = changes[:1]
    assert strongest_change(alone, "off") is not None


def test_no_interval_no_finding() -> None:
    changes = pd.DataFrame(
        {"slice": ["all"], "variant": "off", "error": 0.5, "change": 0.3, "low": np.nan,
         "high": np.nan}
    )  # fmt: skip
    assert strongest_change(changes, "off") is None


def test_another_model_is_measured_against_this_one(make_corpus: MakeCorpus) -> None:
    corpus, outputs = regression(make_corpus)
    targets = corpus.targets[outputs.rows].astype(float)
    other = outputs_of(corpus, {TRAINED: targets + 0.7})
    table = retrained_changes(corpus, outputs, other)
    assert set(table["variant"]) == {RETRAINED}
    assert table["slice"].tolist()[:3] == ["all", "ambiguous=0", "ambiguous=1"]
    assert list(table["slice"]) == list(identity_changes(corpus, outputs)["slice"].unique())
    assert table["change"].to_numpy() == pytest.approx(0.2, abs=1e-5)
    assert table["mean_abs_shift"].to_numpy() == pytest.approx(0.2, abs=1e-5)


@pytest.mark.parametrize(
    ("changed", "width", "inert"),
    [
        ({}, 4, set()),
        ({"identity": {"enabled": False}}, 4, set(INTERVENTIONS) - {"no_context"}),
        ({"identity": {"role": False}}, 4, {"no_role", "shuffle_roles"}),
        ({"identity": {"speaker": False}}, 4, {"no_speaker", "swap_speaker"}),
        ({"context": {"enabled": False}}, 1, {"swap_speaker", "shuffle_roles", "no_context"}),
    ],
)
def test_what_cannot_have_an_effect_is_named(
    make_corpus: MakeCorpus, changed: dict[str, object], width: int, inert: set[str]
) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus, {TRAINED: np.zeros(len(corpus.rows("valid")))}, width)
    assert set(without_effect(ModelSettings.model_validate(changed), outputs)) == inert


def test_unknown_speakers_cannot_be_swapped(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus, {TRAINED: np.zeros(len(corpus.rows("valid")))})
    outputs.relation[:] = 2
    assert without_effect(ModelSettings(), outputs) == {"swap_speaker": "no speaker is known"}
