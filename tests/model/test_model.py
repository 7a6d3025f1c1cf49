"""The model: masks, identity, readouts, any set of modalities."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.model.config import ContextSettings, IdentitySettings, ModelSettings
from mmmie.model.features import FeatureStore, feature_moments
from mmmie.model.identity import OTHER, SAME, UNKNOWN, Identity, identity_of, speaker_relations
from mmmie.model.inference import batch_of, encode_rows, predict_windows, windows_of
from mmmie.model.mmmie import MMMIE


def build(corpus, **changes):
    settings = ModelSettings(dim=16, invariant_dim=4, specific_dim=5, heads=2, **changes)
    torch.manual_seed(0)
    model = MMMIE(corpus.modalities, corpus.label, settings)
    model.standardise_by(corpus, np.arange(len(corpus)))
    return model.eval()


def run(model, corpus, rows=None, **arguments):
    rows = np.arange(len(corpus)) if rows is None else rows
    codes = encode_rows(model, FeatureStore(corpus, list(model.modalities), "cpu"), rows)
    windows = windows_of(corpus, rows, model.settings)
    return codes, windows, predict_windows(model, codes, windows, attention=True, **arguments)


LEVELS = [
    {"text": "sequence"},
    {"audio": "utterance"},
    {"text": "sequence", "audio": "utterance", "vision": "sequence"},
    {f"m{i}": "utterance" for i in range(5)},
]


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("classes", [None, ("a", "b", "c")])
@pytest.mark.parametrize("readout", ["target", "summary"])
def test_any_set_of_modalities_and_both_readouts(make_corpus, levels, classes, readout):
    corpus = make_corpus(levels=levels, classes=classes)
    model = build(corpus, readout=readout, layers=2)
    codes, windows, outputs = run(model, corpus)
    n, width = windows.window.shape
    assert outputs.output.shape == ((n, 3) if classes else (n,))
    assert codes.invariant.mean.shape == (n, len(levels), 4)
    assert codes.specific.mean.shape == (n, len(levels), 5)
    assert outputs.attention.shape == (n, width, len(levels))
    assert np.isfinite(outputs.output).all()
    absent = np.broadcast_to((windows.window < 0)[..., None], outputs.attention.shape)
    assert np.abs(outputs.attention[absent]).max(initial=0) < 1e-6
    total = outputs.attention.sum((1, 2))
    assert np.allclose(total, 1, atol=1e-5) if readout == "target" else (total < 1).all()


def test_heads_must_divide_the_width(make_corpus):
    with pytest.raises(InputError, match=r"model\.heads is 3.*model\.dim 16"):
        build_settings = ModelSettings(dim=16, heads=3)
        corpus = make_corpus()
        MMMIE(corpus.modalities, corpus.label, build_settings)


def test_padding_does_not_change_an_utterance(make_corpus):
    corpus = make_corpus(levels={"text": "sequence"})
    model = build(corpus)
    store = FeatureStore(corpus, ["text"], "cpu")
    lengths = corpus.features["text"].lengths
    short, long = int(lengths.argmin()), int(lengths.argmax())
    assert lengths[short] < lengths[long]
    alone = encode_rows(model, store, np.array([short])).invariant.mean
    together = encode_rows(model, store, np.array([short, long])).invariant.mean[:1]
    assert torch.allclose(alone, together, atol=1e-6)


def test_utterances_outside_the_window_do_not_matter(make_corpus):
    corpus = make_corpus(conversations=2, length=8, levels={"audio": "utterance"})
    model = build(corpus, context=ContextSettings(past=2, future=1))
    before = run(model, corpus)[2].output
    changed = corpus.select(np.arange(len(corpus)))
    changed.features["audio"].values[0] += 5
    after = run(model, changed)[2].output
    seen = {0, 1, 2}  # utterance 0 stands in the windows of itself and of the next two
    for row in range(len(corpus)):
        assert (before[row] != after[row]) == (row in seen)


def test_context_off_sees_the_target_alone(make_corpus):
    corpus = make_corpus()
    model = build(corpus, context=ContextSettings(enabled=False))
    rows = np.arange(len(corpus))
    alone = corpus.select(rows)
    alone.utterances["conversation"] = [f"own{i}" for i in rows]
    alone.utterances["position"] = 0
    assert np.allclose(run(model, corpus)[2].output, run(model, alone)[2].output, atol=1e-6)


def test_without_identity_a_summary_cannot_tell_which_utterance_is_meant(make_corpus):
    corpus = make_corpus(conversations=1, length=4, splits=("valid",))
    wide = ContextSettings(past=4, future=4)  # every utterance sees the whole conversation
    plain = build(corpus, readout="summary", context=wide, identity=IdentitySettings(enabled=False))
    output = run(plain, corpus)[2].output
    assert np.allclose(output, output[0], atol=1e-5)
    told = build(corpus, readout="summary", context=wide)
    assert np.ptp(run(told, corpus)[2].output) > 1e-3


def test_identity_switched_off_equals_a_model_without_its_terms(make_corpus):
    corpus = make_corpus()
    with_terms = build(corpus)
    without = build(corpus, identity=IdentitySettings(enabled=False))
    weights = {k: v for k, v in with_terms.state_dict().items() if not k.startswith("identity.")}
    without.load_state_dict(weights)
    off = Identity(None, None, modality=False)
    codes, windows, trained = run(with_terms, corpus)
    switched = predict_windows(with_terms, codes, windows, identity=off).output
    assert np.allclose(switched, run(without, corpus)[2].output, atol=1e-6)
    assert not np.allclose(switched, trained.output, atol=1e-4)


def test_speaker_relations_are_relative_and_unknown_is_kept():
    speakers = np.array([0, 1, 0, -1])
    window = np.array([[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, -1]])
    relation = speaker_relations(speakers, np.arange(4), window)
    assert relation.tolist() == [
        [UNKNOWN, SAME, OTHER],
        [OTHER, SAME, OTHER],
        [OTHER, SAME, UNKNOWN],
        [UNKNOWN, UNKNOWN, UNKNOWN],
    ]


def test_new_names_for_the_same_speakers_change_nothing(make_corpus):
    corpus = make_corpus()
    renamed = corpus.select(np.arange(len(corpus)))
    renamed.utterances["speaker"] = renamed.utterances["speaker"].map({"Ann": "Zoe", "Bo": "Al"})
    model = build(corpus)
    assert np.array_equal(run(model, corpus)[2].output, run(model, renamed)[2].output)


def test_hidden_modality_does_not_matter(make_corpus):
    corpus = make_corpus()
    model = build(corpus, context=ContextSettings(past=1, future=0))
    changed = corpus.select(np.arange(len(corpus)))
    changed.features["audio"].values[:] += 3
    presence = torch.ones(len(corpus), 2)
    presence[:, 1] = 0
    outputs = [
        run(model, c, presence=presence[torch.arange(len(corpus))]).__getitem__(2).output
        for c in (corpus, changed)
    ]
    assert np.array_equal(*outputs)


def test_an_utterance_without_steps_lacks_the_modality(make_corpus):
    corpus = make_corpus()
    features = corpus.features["text"]
    kept = features.lengths.copy()
    kept[3] = 0
    drop = np.arange(features.offsets[3], features.offsets[4])
    corpus.features["text"] = replace(
        features,
        values=np.delete(features.values, drop, 0),
        offsets=np.concatenate([[0], kept.cumsum()]).astype(np.int64),
    )
    codes, _, outputs = run(build(corpus), corpus)
    assert codes.present[3].tolist() == [False, True]
    assert codes.present[[0, 1, 2, 4]].all()
    assert np.isfinite(outputs.output).all()


def test_stochastic_codes_vary_in_training_only(make_corpus):
    corpus = make_corpus()
    inputs = FeatureStore(corpus, list(corpus.modalities), "cpu").gather(np.arange(8))
    model = build(corpus, dropout=0.0, input_dropout=0.0)
    assert torch.equal(model.encode(inputs).invariant.sample, model.encode(inputs).invariant.sample)
    model.train()
    first, second = model.encode(inputs).invariant, model.encode(inputs).invariant
    assert torch.equal(first.mean, second.mean) and not torch.equal(first.sample, second.sample)
    deterministic = build(corpus, stochastic=False, dropout=0.0, input_dropout=0.0).train()
    code = deterministic.encode(inputs).invariant
    assert torch.equal(code.mean, code.sample)


@pytest.mark.parametrize("level", ["utterance", "sequence"])
def test_moments_agree_with_numpy_and_constant_channels_are_safe(make_corpus, level):
    corpus = make_corpus(levels={"x": level})
    features = corpus.features["x"]
    features.values[:, 2] = 1e-4
    features.values[:, 3] = features.values[:, 3] * 50 + 1000
    rows = np.array([1, 5, 6, 20])
    pooled = features.take(rows).values.astype(np.float64)
    mean, deviation = feature_moments(features, rows)
    assert np.allclose(mean, pooled.mean(0), rtol=1e-4, atol=1e-6)
    assert deviation[2] == 1 and np.allclose(deviation[3], pooled[:, 3].std(), rtol=1e-4)


def test_attention_bias_discounts_a_modality(make_corpus):
    corpus = make_corpus()
    model = build(corpus)
    full = run(model, corpus)[2].attention
    model.keep.copy_(torch.tensor([1.0, 0.1]))
    less = run(model, corpus)[2].attention
    assert less[..., 1].sum() < 0.5 * full[..., 1].sum()


def test_identity_of_counts_places():
    identity = identity_of(np.zeros((2, 3), np.int64), "cpu")
    assert identity.role.tolist() == [[0, 1, 2], [0, 1, 2]]


def shown(make_corpus, keep, *, training=True):
    """Which modalities each of 600 targets is shown, (T, M), by the presence of its own tokens."""
    corpus = make_corpus(conversations=120, levels={f"m{i}": "utterance" for i in range(3)})
    model = MMMIE(corpus.modalities, corpus.label, ModelSettings(dim=8, heads=2)).train(training)
    model.keep.copy_(torch.tensor(keep))
    torch.manual_seed(0)
    batch = batch_of(model, corpus, np.arange(len(corpus)))
    presence = model.presence(model.encode(batch.inputs), batch)
    there = batch.window >= 0
    own = presence[:, model.settings.context.span[0]]
    # what is hidden is hidden in the whole window, and places outside a conversation stay so
    assert torch.equal(presence, own[:, None] * there[..., None])
    return own


def test_every_modality_is_shown_as_often_as_it_is_kept(make_corpus):
    share = shown(make_corpus, [0.9, 0.5, 0.9]).mean(0)
    # where all three are drawn hidden (.005), both of the most trusted come back
    assert share.tolist() == pytest.approx([0.905, 0.5, 0.905], abs=0.06)


def test_all_modalities_are_never_hidden_at_once(make_corpus):
    own = shown(make_corpus, [0.05, 0.1, 0.05])
    assert (own.sum(1) > 0).all()
    # the most trusted one comes back: .1 + .9 · .95²
    assert own[:, 1].mean().item() == pytest.approx(0.912, abs=0.05)


def test_in_evaluation_all_are_shown_and_discounted(make_corpus):
    own = shown(make_corpus, [0.9, 0.5, 0.25], training=False)
    assert torch.equal(own, torch.tensor([0.9, 0.5, 0.25]).expand(len(own), -1))
