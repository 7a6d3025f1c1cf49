"""Steps of utterances out of arrays and lists, where nothing is no step."""

import numpy as np
import pytest

from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.padding import absence_notes, cut_notes, joined, padded, ragged

NAN = np.nan


def lengths_of(values, **more):
    return joined([padded(values, len(values), "`x`", **more)], "`x`").lengths


def test_zeros_around_sequences_are_taken_off():
    whole = np.zeros((3, 4, 2))
    whole[0, :2], whole[1, :4] = 1, 1
    assert list(lengths_of(whole)) == [2, 4, 0]
    assert list(lengths_of(whole[:, ::-1].copy())) == [2, 4, 0]
    stream = joined([padded(whole[:, ::-1].copy(), 3, "`x`")], "`x`")
    assert stream.item(0).shape == (2, 2) and stream.item(0).all()
    assert stream.item(2).shape == (0, 2)


def test_two_dimensions_per_utterance_are_a_sequence_even_of_one_step():
    assert list(lengths_of(np.ones((3, 1, 2)))) == [1, 1, 1]
    assert lengths_of(np.ones((3, 2))) is None
    assert list(ragged([np.ones((1, 2)), np.ones((1, 2))], "`x`").lengths) == [1, 1]
    assert ragged([np.ones(2), np.ones(2)], "`x`").lengths is None
    # a sequence of one step that lost its first dimension
    assert list(ragged([np.ones((3, 2)), np.ones(2)], "`x`").lengths) == [3, 1]


@pytest.mark.parametrize("nothing", [None, NAN, [], np.zeros(0), np.zeros((0, 2)), [NAN, NAN]])
def test_nothing_is_no_step(nothing):
    for some, steps in (([[1.0, 2.0]] * 3, 3), ([1.0, 2.0], 1)):
        stream = ragged([some, nothing, some], "`x`")
        assert stream.lengths[1] == 0 and stream.item(1).shape == (0, 2)
        assert stream.lengths[0] == steps
        [note] = absence_notes({"x": stream}, ["a", "b", "c"])
        assert "1 of 3" in note and "'b'" in note


def test_rows_of_nan_have_no_step():
    assert list(lengths_of(np.array([[1.0, 2], [NAN, NAN], [NAN, 1]]))) == [1, 0, 1]
    whole = np.ones((2, 3, 2))
    whole[1] = NAN
    assert list(lengths_of(whole)) == [3, 0]
    whole[1, 1:] = 0
    assert list(lengths_of(whole, lengths=np.array([3, 1]))) == [3, 0]


def test_lengths_are_obeyed_and_more_than_there_is_is_noted():
    found = padded(np.zeros((3, 4, 2)), 3, "`x`", np.array([0, 9, 2]))
    assert list(found.lengths) == [0, 4, 2]
    [note] = cut_notes(found, np.array([0, 9, 2]), "`x`")
    assert note.startswith("1 entries") and "number 1" in note
    assert not cut_notes(found, np.array([0, 4, 2]), "`x`")


def test_lists_are_read_as_arrays_are():
    whole = np.zeros((3, 4, 2), np.float32)
    whole[0, :2], whole[1, :4], whole[2, :1] = 1, 2, 3
    objects = np.empty(3, object)
    objects[:] = list(whole)
    for same in (whole.tolist(), list(whole), [list(x) for x in whole], objects):
        stream = joined([padded(same, 3, "`x`")], "`x`")
        assert list(stream.lengths) == [2, 4, 1]
        np.testing.assert_array_equal(stream.item(2), whole[2, :1])


@pytest.mark.parametrize(
    "wrong",
    [["a", "b"], [[1.0, "b"], [2.0, 3.0]], [[1.0], [2.0, 3.0]], [1.0, 2.0], [[[[1.0]]]], [{}, {}]],
)
def test_what_are_no_features(wrong):
    with pytest.raises(Unusable):
        ragged(wrong, "`x`")


def test_lists_that_share_their_content_cost_no_more_than_allowed():
    shared = [0.5] * 1000
    for _ in range(3):
        shared = [shared] * 1000
    with pytest.raises(Unusable, match="more than"):
        ragged([shared[0], shared[1]], "`x`")


def test_splits_agree_in_level_and_channels_and_one_may_have_nothing():
    vectors, empty = padded(np.ones((2, 3)), 2, "`x`"), padded([[], None], 2, "`x`")
    assert list(joined([vectors, empty], "`x`").lengths) == [1, 1, 0, 0]
    for other in (padded(np.ones((2, 1, 3)), 2, "`x`"), padded(np.ones((2, 4)), 2, "`x`")):
        with pytest.raises(Unusable):
            joined([vectors, other], "`x`")
    with pytest.raises(Unusable, match="every utterance|all utterances"):
        absence_notes({"x": joined([padded([None], 1, "`x`")], "`x`")}, ["a"])
