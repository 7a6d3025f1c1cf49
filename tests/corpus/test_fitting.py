"""A corpus meets a model: levels and classes are found, another scale is refused in one line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmmie.corpus import Features, Label, Modality
from mmmie.corpus.fitting import fit_corpus
from mmmie.errors import InputError

THREE = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = ("negative", "neutral", "positive")


def fit(corpus, label=None, modalities=None):
    return fit_corpus(
        corpus, modalities or corpus.modalities, label or corpus.label, "checkpoint x"
    )


def refused(corpus, **wanted):
    with pytest.raises(InputError) as caught:
        fit(corpus, **wanted)
    line = str(caught.value)
    assert line.startswith(corpus.where) and "checkpoint x" in line and "\n" not in line
    return line


def relabelled(corpus, change, classes):
    table = corpus.utterances.assign(label=corpus.utterances["label"].map(change))
    label = Label("tone", "classification", classes=tuple(classes))
    return replace(corpus, label=label, utterances=table)


@pytest.mark.parametrize("span", [(1.0, 5.0), (-1.0, 1.0), (0.0, 1.0), (-3.0, 4.0), (-2.0, 2.0)])
def test_another_range_is_refused_and_both_are_named(make_corpus, span):
    line = refused(make_corpus(label_range=span), label=THREE)
    assert f"[{span[0]:g}, {span[1]:g}]" in line and "[-3, 3]" in line and "`range`" in line


@pytest.mark.parametrize("span", [(-3, 3), (-3.0, 3.0000002), (-2.9999995, 3.0), None])
def test_the_same_range_is_not_whatever_its_name_or_its_last_digits(make_corpus, span):
    corpus = replace(make_corpus(), label=Label("valence", "regression", range=span))
    fitted = fit(corpus, label=THREE)
    assert fitted.label.name == "valence" and not fitted.notes
    assert fitted.label.range == (-3.0, 3.0)
    assert fitted.targets.tolist() == corpus.targets.tolist()


def test_numbers_for_classes_and_classes_for_numbers_are_refused(make_corpus):
    for corpus, label in (
        (make_corpus(), Label("tone", "classification", classes=CLASSES)),
        (make_corpus(classes=CLASSES), THREE),
    ):
        line = refused(corpus, label=label)
        assert "regression in [-3, 3]" in line and "negative/neutral/positive" in line


def test_classes_are_found_by_name_in_any_order(make_corpus):
    corpus = make_corpus(classes=CLASSES)
    for order in (CLASSES[::-1], ("fear", *CLASSES), (*CLASSES[1:], "fear", CLASSES[0])):
        fitted = fit(corpus, label=Label("tone", "classification", classes=order))
        assert fitted.label.classes == order
        assert [order[i] for i in fitted.targets] == list(corpus.utterances["label"])
        assert any("fear" in note for note in fitted.notes) == ("fear" in order)


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        (str.upper, CLASSES),
        (str.title, CLASSES),
        (lambda name: f" {name} ", CLASSES),
        (lambda name: f"{CLASSES.index(name)}.0", ("0", "1", "2")),
    ],
)
def test_classes_that_differ_in_writing_only_are_found_with_a_note(make_corpus, written, classes):
    corpus = make_corpus(classes=CLASSES)
    other = relabelled(corpus, written, map(written, CLASSES))
    fitted = fit(other, label=Label("tone", "classification", classes=classes))
    assert fitted.targets.tolist() == corpus.targets.tolist()
    assert len(fitted.notes) == 3 and all("is taken as" in note for note in fitted.notes)
    assert not other.notes  # the corpus itself stays as it was


def test_a_class_that_could_be_two_is_refused(make_corpus):
    corpus = relabelled(make_corpus(classes=("no", "yes")), str.title, ("No", "Yes"))
    label = Label("tone", "classification", classes=("no", "NO", "yes"))
    assert "'No' is none of the classes" in refused(corpus, label=label)


def test_an_unknown_class_is_named_unless_no_utterance_has_it(make_corpus):
    corpus = make_corpus(classes=("negative", "rage", "spite"))
    label = Label("tone", "classification", classes=CLASSES)
    line = refused(corpus, label=label)
    assert "'rage', 'spite' are none of the classes" in line and "'negative'" not in line
    some = corpus.select(np.flatnonzero(corpus.utterances["label"] == "negative"))
    fitted = fit(some, label=label)
    assert fitted.label.classes == CLASSES and (fitted.targets == 0).all()
    assert any("rage" in note for note in fitted.notes)


def test_vectors_are_sequences_of_one_step_and_the_reverse(make_corpus):
    vectors = make_corpus(levels={"text": "utterance", "audio": "utterance"})
    wanted = {name: Modality(name, 4, "sequence") for name in ("text", "audio")}
    fitted = fit(vectors, modalities={"audio": wanted["audio"]})
    assert fitted.modalities["text"].level == "utterance" and len(fitted.notes) == 1
    assert fitted.features["audio"].lengths.tolist() == [1] * len(vectors)
    assert np.array_equal(fitted.features["audio"].of(7)[0], vectors.features["audio"].of(7))
    assert "`audio`" in fitted.notes[0]
    back = fit(fitted, modalities=vectors.modalities)
    assert back.features["audio"].offsets is None and back.modalities == vectors.modalities
    assert np.array_equal(back.features["audio"].values, vectors.features["audio"].values)


@pytest.mark.parametrize("steps", [0, 2])
def test_sequences_are_never_pooled(make_corpus, steps):
    corpus = make_corpus(levels={"audio": "sequence"})
    lengths = np.ones(len(corpus), np.int64)
    lengths[3] = steps
    offsets = np.concatenate([[0], lengths.cumsum()])
    corpus.features["audio"] = Features(np.zeros((offsets[-1], 4), np.float32), offsets)
    line = refused(corpus, modalities={"audio": Modality("audio", 4, "utterance")})
    assert "`modalities.audio.level`" in line and f"{steps} steps in 'c0_3'" in line


def test_a_corpus_that_fits_stays_the_same_object(make_corpus):
    for corpus in (make_corpus(), make_corpus(classes=CLASSES)):
        assert fit(corpus) is corpus
