"""Probes find what was put into codes, and nothing where nothing was put."""

import numpy as np
import pytest

from mmmie.analysis.outputs import SplitOutputs
from mmmie.analysis.probes import folds, modality_accuracy, probe_report, retrieval_report, ridge_r2


def outputs_of(spaces, n, modalities):
    return SplitOutputs(
        rows=np.arange(n),
        output={"trained": np.zeros(n)},
        attention={},
        window=np.arange(n)[:, None],
        relation=np.zeros((n, 1), np.int64),
        past=0,
        spaces=spaces,
        modalities=modalities,
    )


@pytest.fixture
def planted(make_corpus):
    """Codes with a known content: shared signal in z, own signal and a shift in s."""
    corpus = make_corpus(conversations=60, levels={"text": "utterance", "audio": "utterance"})
    n = len(corpus)
    random = np.random.default_rng(0)
    shared = random.normal(size=(n, 3))
    own = {m: random.normal(size=(n, 3)) for m in ("text", "audio")}
    corpus.utterances["latent_shared_x"] = shared[:, 0]
    corpus.utterances["latent_text_x"] = own["text"][:, 0]
    spaces = {}
    for shift, m in enumerate(("text", "audio")):
        spaces[f"invariant.{m}"] = shared + 0.03 * random.normal(size=(n, 3))
        spaces[f"specific.{m}"] = own[m] + 6 * shift
    return corpus, outputs_of(spaces, n, ["text", "audio"])


def test_the_report_finds_what_was_planted(planted):
    corpus, outputs = planted
    report = probe_report(corpus, outputs)
    invariant, specific = report["codes"]["invariant"], report["codes"]["specific"]
    for m in ("text", "audio"):
        assert invariant[m]["latents"]["latent_shared_x"] > 0.95
        assert specific[m]["latents"]["latent_shared_x"] < 0.05
        assert invariant[m]["latents"]["latent_text_x"] < 0.05
        assert 0.4 < invariant[m]["modality_accuracy"] < 0.6
        assert specific[m]["modality_accuracy"] > 0.99
    assert specific["text"]["latents"]["latent_text_x"] > 0.95
    assert specific["audio"]["latents"]["latent_text_x"] < 0.05
    retrieval = report["retrieval"]["text-audio"]
    assert retrieval["recall_at_1"] > 0.7 and retrieval["recall_at_10"] > 0.95
    assert retrieval["chance_at_1"] == pytest.approx(1 / 300)


def test_r2_agrees_with_the_explained_share():
    random = np.random.default_rng(0)
    x = random.normal(size=(3000, 2))
    y = x[:, :1] + random.normal(size=(3000, 1))
    assert ridge_r2(x, y, np.arange(3000) // 10) == pytest.approx(0.5, abs=0.04)
    assert ridge_r2(random.normal(size=(3000, 2)), y, np.arange(3000) // 10) < 0.01
    assert ridge_r2(x, np.ones((3000, 1)), np.arange(3000) // 10) is None
    assert ridge_r2(x, y, np.zeros(3000)) is None


def test_folds_never_tear_a_conversation_and_cover_all():
    groups = np.repeat(np.arange(13), 4)
    held = list(folds(groups))
    assert (np.sum(held, axis=0) == 1).all()
    for mask in held:
        assert not set(groups[mask]) & set(groups[~mask])


def test_codes_that_are_all_the_same_retrieve_no_better_than_chance():
    n = 200
    outputs = outputs_of(
        {"invariant.a": np.ones((n, 4)), "invariant.b": np.ones((n, 4))}, n, ["a", "b"]
    )
    assert retrieval_report(outputs)["a-b"]["recall_at_1"] < 0.02


def test_one_modality_has_nothing_to_tell_apart():
    outputs = outputs_of({"invariant.a": np.ones((20, 4))}, 20, ["a"])
    assert modality_accuracy(outputs, "invariant", np.arange(20) // 4) == {}
    assert retrieval_report(outputs) == {}
