"""Conversations, places and speakers from ids and columns: refused or noted, never interleaved."""

import numpy as np
import pytest

from mmmie.datasets.conversations import place_of, utterance_table
from mmmie.datasets.loose_values import Unusable


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("03bSnISJMiM_11", ("03bSnISJMiM", 11)),
        ("03bSnISJMiM$_$11", ("03bSnISJMiM", 11)),
        ("-HeZS2-Prhc[3]", ("-HeZS2-Prhc", 3)),
        ("03bSnISJMiM_13.5_16.25", ("03bSnISJMiM", 13.5)),
        ("video_0001/0003", ("video_0001", 3)),
        ("video_0001\\0003", ("video_0001", 3)),
        ("dia0_utt3", ("dia0", 3)),
        ("dia12utt30.mp4", ("dia12", 30)),
        ("train/dia0_utt3.wav", ("train/dia0", 3)),
        ("s01_e02_c03_u004", ("s01_e02_c03", 4)),
        ("talk_seg7", ("talk", 7)),
        ("Ses01F_impro01_F000", ("Ses01F_impro01", None)),
        ("Ses05M_script01_1b_MXX12", ("Ses05M_script01_1b", None)),
        ("alone", ("alone", None)),
        ("mp4", ("mp4", None)),
    ],
)
def test_ids_of_the_field_tell_their_place(name, place):
    assert place_of(name) == place


def made(ids, *, splits=None, **options):
    table = utterance_table(ids, splits or ["train"] * len(ids), [0.0] * len(ids), **options)
    return table, " ".join(table.attrs["notes"])


def test_what_is_sound_is_not_noted():
    ids = [f"c{c}_{i}" for c in range(3) for i in range(4)]
    table, notes = made(ids)
    assert notes == "" and list(table["position"]) == [0, 1, 2, 3] * 3
    shuffled = np.random.default_rng(0).permutation(len(ids))
    again, notes = made([ids[i] for i in shuffled])
    assert notes == "" and dict(zip(again["id"], again["position"], strict=True)) == dict(
        zip(table["id"], table["position"], strict=True)
    )


@pytest.mark.parametrize(
    "options",
    [
        {"conversations": ["0", "0", "1", "1"] * 2, "order": [0, 1, 0, 1] * 2},
        {"conversations": ["0"] * 4 + ["0"] * 4, "order": [0, 1, 2, 3, 2, 1, 0, 4]},
        {},
    ],
)
def test_places_that_repeat_are_refused_with_their_rows(options):
    ids = [f"u{i}" for i in range(8)] if options else [f"v_{i % 4}" for i in range(8)]
    with pytest.raises(Unusable, match=r"rows 1 and 5|rows 3 and 5"):
        made(ids, **options)


def test_ids_that_restart_without_a_place_are_refused():
    with pytest.raises(Unusable, match="'a' of row 3"):
        made(["a", "b", "a"])
    with pytest.raises(Unusable, match="'x' of row 2"):
        made(["x", "x"], conversations=["c", "c"])


def test_a_conversation_in_two_splits_becomes_two_and_is_noted():
    table, notes = made(["a_0", "a_1", "a_2", "b_0"], splits=["train", "train", "test", "train"])
    assert set(table["conversation"]) == {"a (train)", "a (test)", "b"}
    assert "'a' in train and test" in notes and "1 conversation lies" in notes


def test_ids_that_restart_in_each_split_or_conversation_are_told_apart_and_noted():
    table, notes = made(["0_0", "0_1", "0_0", "0_1"], splits=["train"] * 2 + ["test"] * 2)
    assert list(table["id"]) == ["train_0_0", "train_0_1", "test_0_0", "test_0_1"]
    assert "'0_0' first" in notes
    table, notes = made(["1", "2", "1", "2"], conversations=list("ccdd"))
    assert list(table["id"]) == ["c_1", "c_2", "d_1", "d_2"] and "'1' first" in notes
    ids = [f"v{i}_0" for i in range(40)]
    table, _ = made([*ids, "v0_0"], splits=["train"] * 40 + ["test"])  # one of many
    assert list(table["id"]) == ["train_v0_0", *ids[1:], "test_v0_0"]


def test_times_that_tie_keep_the_order_of_rows():
    table, notes = made(["x", "y", "z", "z"], conversations=["c"] * 4, starts=[3.0, 1.5, 1.5, 9])
    assert list(table["position"]) == [2, 0, 1, 3]
    assert list(table["id"])[-1] == "z#2" and "'z' first" in notes


def test_gaps_are_closed_and_noted():
    table, notes = made(["c_0", "c_1", "c_4", "d_3", "d_4"])
    assert list(table["position"]) == [0, 1, 2, 3, 4] and "'c' first" in notes
    assert "1 conversation has gaps" in notes


def test_rows_that_nothing_orders_are_noted_where_a_conversation_begins_again():
    table, notes = made(["p", "q", "r"], conversations=["c", "d", "c"])
    assert "row 3" in notes and list(table.groupby("conversation")["position"].rank()) == [1, 1, 2]
    assert made(["p", "q", "r"], conversations=["c", "c", "d"])[1] == ""


def test_numbers_in_ids_that_count_something_else_are_no_places():
    table, notes = made(["Ann_1", "Bo_1", "Ann_2", "Bo_2"], conversations=["talk"] * 4)
    assert list(table["position"]) == [0, 1, 2, 3] and "'talk'" in notes


IEMOCAP = [f"Ses01F_impro0{k}_{g}00{i}" for k in (1, 2) for i in range(3) for g in "MF"]


def test_iemocap_has_two_speakers_per_session_in_the_order_of_rows():
    table, notes = made(IEMOCAP)
    assert table["position"].is_monotonic_increasing
    assert list(table["speaker"][:2]) == ["Ses01_M", "Ses01_F"] and "Ses01_M" in notes
    ids = [name.replace("Ses01F", "Ses02M") for name in IEMOCAP]
    table, _ = made(
        [str(i) for i in range(24)],
        conversations=[name.rsplit("_", 1)[0] for name in [*IEMOCAP, *ids]],
        columns={"speaker": list("MF") * 12},
    )
    assert set(table["speaker"]) == {"Ses01_M", "Ses01_F", "Ses02_M", "Ses02_F"}


def test_iemocap_sorted_by_speaker_is_refused_without_times():
    with pytest.raises(Unusable, match="`start` or `position`"):
        made(sorted(IEMOCAP))
    table, _ = made(sorted(IEMOCAP), starts=[IEMOCAP.index(n) / 2 for n in sorted(IEMOCAP)])
    assert list(table.sort_values(["conversation", "position"])["id"]) == IEMOCAP


def spoken(speakers, conversations=4):
    n = conversations * 3
    return made(
        [f"c{i // 3}_{i % 3}" for i in range(n)],
        columns={"speaker": [speakers[i % len(speakers)] for i in range(n)]},
    )


@pytest.mark.parametrize(
    "speakers",
    [
        ["0", "1"], ["1.0", "2.0", "3.0"], ["A", "B"], ["Speaker 1", "Speaker 2"], ["speaker"[:1]],
        ["SPEAKER_00", "SPEAKER_01", None], ["male", "female"], ["说话人1", "说话人2"],
    ],
)  # fmt: skip
def test_speakers_that_are_numbered_in_each_conversation_belong_to_it(speakers):
    table, notes = spoken(speakers)
    known = table.dropna(subset=["speaker"])
    pairs = known[["conversation", "speaker"]].drop_duplicates()
    assert not pairs["speaker"].duplicated().any() and "recur" in notes
    assert (
        table["speaker"].isna() == [speakers[i % len(speakers)] is None for i in range(12)]
    ).all()


@pytest.mark.parametrize(
    "speakers",
    [
        ["Joey", "Ross", "The Interviewer"],
        ["Ann", "B"],
        [str(i) for i in range(7)],  # two or three of seven in each conversation
    ],
)
def test_names_and_numbers_of_persons_stay(speakers):
    table, notes = spoken(speakers, conversations=7)
    assert set(table["speaker"]) == set(speakers) and "peakers" not in notes
