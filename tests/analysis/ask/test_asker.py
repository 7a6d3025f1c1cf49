"""One question has one answer: alone, over a split, and for a corpus that says the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmmie import load_checkpoint
from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.edited_window import spelled_out
from mmmie.analysis.ask.preset_questions import INTERVENTIONS, PRESETS, TRAINED
from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.corpus import Corpus, Features
from mmmie.model.config import ContextSettings
from mmmie.model.features import FeatureStore
from mmmie.model.inference import encode_rows, predict_windows, windows_of
from tests.analysis.untrained import untrained, untrained_checkpoint


@pytest.mark.slow
def test_presets_say_the_same_in_the_window_and_over_the_split_of_the_demo() -> None:
    """What the tabs "This window" and "Every intervention" call, on 15 utterances."""
    checkpoint = load_checkpoint("checkpoints/demo")
    corpus = checkpoint.corpus()
    outputs = checkpoint.cached_outputs(corpus, "valid")
    asker = Asker(checkpoint, corpus)
    moved = dict.fromkeys(INTERVENTIONS, 0.0)
    for target in range(0, len(outputs.rows), len(outputs.rows) // 15):
        relation, there = outputs.relation[target], outputs.window[target] >= 0
        told = [
            spelled_out(preset.question, relation, there, outputs.past)
            for preset in PRESETS.values()
        ]
        answers = asker.answer([outputs.rows[target]], told)
        for variant, answer in zip(PRESETS, answers, strict=True):
            stored = outputs.output[variant][target]
            assert answer.output[0] == pytest.approx(stored, abs=1e-6), variant
            attention = outputs.attention[variant][target]  # stored in half precision
            assert answer.attention[0] == pytest.approx(attention, abs=1e-3), variant
            if variant != TRAINED:
                away = abs(float(stored - outputs.output[TRAINED][target]))
                moved[variant] = max(moved[variant], away)
    assert min(moved.values()) > 0.05  # every one of them asks something


@pytest.mark.parametrize(
    ("classes", "speakers", "readout"),
    [(None, True, "target"), (None, False, "summary"), (("low", "high"), True, "summary")],
)
def test_one_utterance_alone_says_what_the_split_does(
    make_corpus: Callable[..., Corpus],
    tmp_path: Path,
    classes: tuple[str, ...] | None,
    speakers: bool,
    readout: str,
) -> None:
    corpus = make_corpus(classes=classes, speakers=speakers, length=4)
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c", readout=readout)
    outputs = checkpoint.outputs(corpus, "valid")
    asker = Asker(checkpoint, corpus)
    for target in (0, 2):  # the first of a conversation has no past
        found = asker.answer([outputs.rows[target]], [p.question for p in PRESETS.values()])
        for variant, answer in zip(PRESETS, found, strict=True):
            assert answer.output[0] == pytest.approx(outputs.output[variant][target], abs=1e-6)
            assert answer.attention[0] == pytest.approx(
                outputs.attention[variant][target], abs=1e-6
            )


def test_few_and_many_targets_say_the_same(make_corpus: Callable[..., Corpus]) -> None:
    """Few targets are answered for several questions at once, many one question at a time."""
    corpus = make_corpus(conversations=24)
    checkpoint = untrained(corpus)
    asked = [Question(shuffle=3), Question(missing=("audio",)), Question(noise=(("text", 1.0),))]
    rows = np.arange(len(corpus))
    assert len(rows) > 64
    many = Asker(checkpoint, corpus).answer(rows, asked)
    few = Asker(checkpoint, corpus).answer(rows[50:53], asked)
    for one, other in zip(many, few, strict=True):
        assert other.output == pytest.approx(one.output[50:53], abs=1e-6)


def truth(checkpoint: object, corpus: Corpus) -> np.ndarray:
    """What a model says of every utterance of a corpus that it is told the truth about."""
    rows = np.arange(len(corpus))
    model = checkpoint.model  # type: ignore[attr-defined]
    codes = encode_rows(model, FeatureStore(corpus, list(model.modalities), "cpu"), rows)
    return predict_windows(model, codes, windows_of(corpus, rows, model.settings)).output


def with_table(corpus: Corpus, **columns: object) -> Corpus:
    return replace(corpus, utterances=corpus.utterances.assign(**columns))


def without(corpus: Corpus, rows: list[int], name: str) -> Corpus:
    """The corpus with nothing stored of one modality in some utterances."""
    stored = corpus.features[name]
    kept = [stored.of(i)[: 0 if i in rows else None] for i in range(len(corpus))]
    offsets = np.cumsum([0, *map(len, kept)]).astype(np.int64)
    return replace(
        corpus, features={**corpus.features, name: Features(np.concatenate(kept), offsets)}
    )


ROW = 8  # of conversations of five, so at place 3 of the second
SEQUENCES = {"text": "sequence", "audio": "sequence"}


@pytest.fixture
def small(make_corpus: Callable[..., Corpus]) -> Corpus:
    corpus = make_corpus(conversations=6, levels=SEQUENCES)
    speakers = ["Ann", "Bo", None, "Ann", "Ann"] * 6
    return with_table(corpus, speaker=pd.Series(speakers, dtype=object))


@pytest.mark.parametrize(
    ("question", "changed"),
    [
        (
            Question(relabel=((-2, 0),)),
            lambda c: with_table(c, speaker=["x" if i in (6, 8) else None for i in range(30)]),
        ),
        (
            Question(swap=True),  # Ann is asked about, and only Bo, at 6, is another
            lambda c: with_table(
                c, speaker=[{5: "Bo", 6: "Ann", 8: "Ann", 9: "Bo"}.get(i) for i in range(30)]
            ),
        ),
        (
            Question(alone=True),
            lambda c: with_table(c, conversation=[f"own{i}" for i in range(30)], position=0),
        ),
        (
            Question(hidden=(-2,)),
            lambda c: without(without(c, [6], "text"), [6], "audio"),
        ),
        (Question(missing=("audio",)), lambda c: without(c, [ROW], "audio")),
        (
            Question(missing=("audio",), everywhere=True),
            lambda c: without(c, list(range(30)), "audio"),
        ),
    ],
    ids=["relabel", "swap", "alone", "hidden", "missing", "everywhere"],
)
def test_answers_are_those_of_a_corpus_that_says_so(
    small: Corpus, question: Question, changed: Callable[[Corpus], Corpus]
) -> None:
    if question.relabel:  # nobody else is known, so that one relation alone can change
        small = with_table(small, speaker=["x" if i == ROW else None for i in range(30)])
    checkpoint = untrained(small)
    [as_is, told] = Asker(checkpoint, small).answer([ROW], [Question(), question])
    assert as_is.output[0] == pytest.approx(truth(checkpoint, small)[ROW], abs=1e-6)
    assert told.output[0] == pytest.approx(truth(checkpoint, changed(small))[ROW], abs=1e-6)
    assert abs(told.output[0] - as_is.output[0]) > 1e-5


def test_features_are_changed_in_every_window_that_holds_the_utterance(small: Corpus) -> None:
    checkpoint = untrained(small)
    asker = Asker(checkpoint, small)
    question = Question(channels=(ChannelEdit("text", 0, 1.5),), noise=(("audio", 1.0),))
    rows = asker.readers(ROW)
    past, future = checkpoint.model.settings.context.span
    assert rows.tolist() == [r for r in range(5, 10) if ROW - future <= r <= ROW + past]
    [about] = asker.answer(rows, [question], about=ROW)
    changed = small
    for name, values in asker.features(ROW, question).items():
        stored = changed.features[name]
        parts = [values if i == ROW else stored.of(i) for i in range(len(small))]
        features = Features(np.concatenate(parts).astype(np.float32), stored.offsets)
        changed = replace(changed, features={**changed.features, name: features})
    assert about.output == pytest.approx(truth(checkpoint, changed)[rows], abs=1e-5)
    [each] = asker.answer(rows, [question])  # now every target is the one that is changed
    place = rows.tolist().index(ROW)
    assert each.output[place] == pytest.approx(about.output[place], abs=1e-6)
    assert not np.allclose(np.delete(each.output - about.output, place), 0, atol=1e-4)


def test_a_window_of_one_takes_any_question(
    make_corpus: Callable[..., Corpus], tmp_path: Path
) -> None:
    corpus = make_corpus(levels={"text": "utterance"})
    checkpoint = untrained_checkpoint(
        corpus, tmp_path / "c", context=ContextSettings(past=0, future=0)
    )
    asked = [Question(), Question(shuffle=3), Question(swap=True), Question(alone=True)]
    trained, *others = Asker(checkpoint, corpus).answer([3], asked)
    for answer in others:
        assert answer.output == pytest.approx(trained.output, abs=1e-6)
        assert answer.attention.shape == (1, 1, 1)


def test_codes_are_encoded_once_for_all_questions(
    small: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmmie.analysis.ask import asker as module

    encoded: list[int] = []

    def counted(model, store, rows):
        encoded.append(len(rows))
        return encode_rows(model, store, rows)

    monkeypatch.setattr(module, "encode_rows", counted)
    asker = Asker(untrained(small), small)
    asker.answer([ROW], [preset.question for preset in PRESETS.values()])
    asker.answer([ROW], [Question(shuffle=9)])
    window, _ = asker.window(np.array([ROW]))
    assert encoded == [(window >= 0).sum()]  # the window and nothing else
