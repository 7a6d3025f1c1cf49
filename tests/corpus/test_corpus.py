"""The corpus in memory: windows, speakers, splits, features."""

import numpy as np
import pytest

from mmmie.corpus import Features
from mmmie.errors import InputError


def slow_window(corpus, past, future):
    table = corpus.utterances
    places = list(zip(table["conversation"], table["position"], strict=True))
    where = {place: i for i, place in enumerate(places)}
    return np.array(
        [
            [where.get((name, at + offset), -1) for offset in range(-past, future + 1)]
            for name, at in places
        ]
    )


@pytest.mark.parametrize(("past", "future"), [(0, 0), (2, 1), (7, 3)])
def test_window_agrees_with_a_slow_lookup_whatever_the_row_order(make_corpus, past, future):
    corpus = make_corpus(conversations=5, length=6)
    shuffled = corpus.select(np.random.default_rng(1).permutation(len(corpus)))
    assert (shuffled.window(past, future) == slow_window(shuffled, past, future)).all()


def test_select_keeps_the_features_of_every_utterance(make_corpus):
    corpus = make_corpus()
    rows = np.array([7, 3, 30])
    part = corpus.select(rows)
    for name in corpus.modalities:
        for i, row in enumerate(rows):
            assert np.array_equal(part.features[name].of(i), corpus.features[name].of(row))


def test_speakers_are_coded_and_unknown_is_minus_one(make_corpus):
    corpus = make_corpus()
    corpus.utterances.loc[2, "speaker"] = None
    codes = corpus.speaker_codes
    assert codes[2] == -1 and codes[0] == codes[4] != codes[1]
    assert (make_corpus(speakers=False).speaker_codes == -1).all()


def test_rows_names_the_splits_that_are_there(make_corpus):
    corpus = make_corpus(splits=("valid",))
    with pytest.raises(InputError, match=r"split `test`.*holds valid"):
        corpus.rows("test")
    with pytest.raises(InputError, match="use one of train, valid, test"):
        corpus.rows("dev")


def test_fingerprint_changes_with_a_label_a_feature_and_a_speaker(make_corpus):
    first, label, feature, speaker = (make_corpus() for _ in range(4))
    assert first.fingerprint == make_corpus().fingerprint
    label.utterances.loc[0, "label"] += 0.5
    feature.features["audio"].values[3, 1] += 1
    speaker.utterances.loc[0, "speaker"] = "Bo"
    corpora = (first, label, feature, speaker)
    assert len({corpus.fingerprint for corpus in corpora}) == 4


def test_with_modalities_orders_and_refuses_unknown(make_corpus):
    corpus = make_corpus()
    assert list(corpus.with_modalities(["audio", "text"]).modalities) == ["audio", "text"]
    with pytest.raises(InputError, match=r"no modality `smell`.*text, audio"):
        corpus.with_modalities(["smell"])


def test_the_steps_of_utterances_in_any_order():
    offsets = np.array([0, 3, 3, 4, 9])
    features = Features(np.arange(9.0)[:, None], offsets)
    rows = np.array([3, 1, 0, 3])
    slow = [step for row in rows for step in range(offsets[row], offsets[row + 1])]
    assert features.steps_of(rows).tolist() == slow
    assert features.steps_of(np.array([], np.int64)).tolist() == []
    assert Features(np.zeros((4, 2))).steps_of(rows) is rows
