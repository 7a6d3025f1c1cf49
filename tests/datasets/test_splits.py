"""Names of splits, in columns, keys and file names."""

import pandas as pd
import pytest

from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.splits import joined_splits, split_of_file, split_parts, splits_of_column


@pytest.mark.parametrize(
    ("stem", "split"),
    [
        ("train_sent_emo", "train"), ("dev_sent_emo", "valid"), ("emorynlp_test_final", "test"),
        ("TRAIN", "train"), ("val-00000-of-00001", "valid"), ("train_and_test", None),
        ("utterances", None), ("latest", None), ("training_set.v2", "train"),
    ],
)  # fmt: skip
def test_a_file_name_may_tell_its_split(stem, split):
    assert split_of_file(stem) == split


def test_two_names_of_one_split_are_noted_in_columns_and_refused_in_keys():
    column = pd.Series([" Train", "VALID ", "dev", "test"], name="mode")
    splits, notes = splits_of_column(column, list("abcd"), True)
    assert splits == ["train", "valid", "valid", "test"] and "`mode`" in notes[0]
    assert joined_splits(["train", "dev", "test"], "it") == []
    with pytest.raises(Unusable, match="dev"):
        split_parts({"train": 1, "valid": 2, "dev": 3})
    with pytest.raises(Unusable, match="`mode` of row 1 is 'fold 3'"):
        splits_of_column(pd.Series(["fold 3"], name="mode"), ["a"], True)
