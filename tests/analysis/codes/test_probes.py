"""Probes find what was put into codes, and nothing where nothing was put."""

import numpy as np
import pytest

from mmmie.analysis.codes.probes import (
    leakage_tables,
    probe_report,
    probe_targets,
)
from mmmie.analysis.errors.resampling import conversation_codes
from mmmie.analysis.outputs import SplitOutputs


def outputs_of(spaces, n, modalities, deviations=None):
    return SplitOutputs(
        rows=np.arange(n),
        output={"trained": np.zeros(n)},
        attention={},
        window=np.arange(n)[:, None],
        relation=np.zeros((n, 1), np.int64),
        past=0,
        spaces=spaces,
        modalities=modalities,
        deviations=deviations or {},
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


def test_the_contract_holds_the_linear_probes_of_the_means(planted):
    report = probe_report(*planted)
    assert set(report["codes"]["specific"]["audio"]) == {
        "modality_accuracy",
        "label_r2",
        "latents",
    }
    assert report["codes"] == report["readings"]["means"]["linear"]
    assert "nonlinear" not in report["readings"]["means"]


@pytest.mark.slow
def test_samples_do_not_show_what_drowns_in_the_noise_of_the_code(planted):
    corpus, outputs = planted
    # a thousandth of the code's own noise: a probe of means standardises it back
    faint = 0.001 * outputs.spaces["specific.text"][:, :1]
    spaces = {name: np.c_[code, faint] for name, code in outputs.spaces.items()}
    deviations = {name: np.ones_like(code) for name, code in spaces.items()}
    noisy = outputs_of(spaces, len(outputs.rows), ["text", "audio"], deviations)
    readings = probe_report(corpus, noisy)["readings"]
    means, samples = (readings[r]["linear"]["invariant"]["text"] for r in ("means", "samples"))
    assert means["latents"]["latent_text_x"] > 0.95
    assert samples["latents"]["latent_text_x"] < 0.05
    # half the variance of a sample is noise, so half is explained
    assert samples["latents"]["latent_shared_x"] == pytest.approx(0.5, abs=0.07)
    assert readings["samples"]["cka"]["invariant.text"]["invariant.audio"] < 0.6
    assert readings["means"]["cka"]["invariant.text"]["invariant.audio"] > 0.95


@pytest.mark.slow
def test_nonlinear_probes_find_what_is_folded(planted):
    corpus, outputs = planted
    folded = corpus.utterances["latent_shared_x"].to_numpy() ** 2
    corpus.utterances["latent_audio_folded"] = folded
    readings = probe_report(corpus, outputs, nonlinear=True)["readings"]["means"]
    linear, nonlinear = (
        readings[p]["invariant"]["text"]["latents"]["latent_audio_folded"]
        for p in ("linear", "nonlinear")
    )
    assert linear < 0.1
    assert nonlinear > 0.8


def test_classes_are_probed_by_their_indicators(make_corpus):
    corpus = make_corpus(conversations=40, classes=("no", "yes"))
    x = np.eye(2)[corpus.targets] + 0.01 * np.random.default_rng(0).normal(size=(200, 2))
    outputs = outputs_of({"invariant.text": x, "specific.text": np.ones((200, 2))}, 200, ["text"])
    codes = probe_report(corpus, outputs)["codes"]
    assert codes["invariant"]["text"]["label_r2"] > 0.95
    assert codes["specific"]["text"]["label_r2"] < 0.05
    assert codes["invariant"]["text"]["modality_accuracy"] is None


def test_one_conversation_reports_nothing_and_does_not_fail(make_corpus):
    corpus = make_corpus(conversations=1, length=30)
    random = np.random.default_rng(0)
    names = [f"{kind}.{m}" for kind in ("invariant", "specific") for m in ("a", "b")]
    outputs = outputs_of({name: random.normal(size=(30, 3)) for name in names}, 30, ["a", "b"])
    report = probe_report(corpus, outputs, nonlinear=True)
    held = report["codes"]["invariant"]["a"]
    assert held["label_r2"] is None and held["modality_accuracy"] is None
    assert report["speaker"]["reason"] is not None
    claimed = leakage_tables(report).query("wanted != 'either'")
    assert set(claimed["verdict"]) == {"undecided"}


def test_targets_are_the_label_and_latents_without_gaps(planted):
    corpus, outputs = planted
    corpus.utterances["latent_text_gap"] = corpus.utterances["latent_text_x"].where(
        corpus.utterances.index > 3
    )
    corpus.utterances["latent_text_word"] = "red"
    targets = probe_targets(corpus, outputs.rows)
    assert list(targets) == ["label", "latent_shared_x", "latent_text_x"]
    assert all(y.shape == (300, 1) for y in targets.values())
    assert len(np.unique(conversation_codes(corpus, outputs.rows))) == 60
