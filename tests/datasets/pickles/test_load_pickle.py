"""Pickles of Python 2, of other programs and several in one file."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from mmmie.datasets.pickles.load_pickle import load_pickle
from mmmie.errors import InputError
from tests.datasets.python_2 import write_python_2


def test_keys_of_python_2_are_text_and_bytes_stay_bytes(tmp_path):
    value = {"größe": [b"\xff\xfe", 1], "names": {"a", "b"}, 3: {"x": "y"}}
    for protocol in (1, 2):
        held, _ = load_pickle(write_python_2(value, tmp_path / "a.pkl", protocol))
        assert held == {"größe": [b"\xff\xfe", 1], "names": {"a", "b"}, 3: {"x": b"y"}}


def test_a_key_that_is_not_utf_8_is_latin_1(tmp_path):
    held, _ = load_pickle(write_python_2({b"gr\xf6\xdfe": 1}, tmp_path / "a.pkl"))
    assert held == {"größe": 1}


def refusal(file):
    with pytest.raises(InputError) as caught:
        load_pickle(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_other_programs_are_named(tmp_path):
    joblib = pytest.importorskip("joblib")
    joblib.dump({"train": {"text": np.ones(3)}}, tmp_path / "a.pkl")
    assert "joblib.load" in refusal(tmp_path / "a.pkl")
    pd.DataFrame({"a": [1]}).to_pickle(tmp_path / "b.pkl")
    assert "read_pickle" in refusal(tmp_path / "b.pkl")
    torch.save({"a": torch.ones(2)}, tmp_path / "c.pkl", _use_new_zipfile_serialization=False)
    assert "torch.save" in refusal(tmp_path / "c.pkl")


def test_several_pickles_in_a_file_are_not_taken_for_the_first(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"train": 1}) + pickle.dumps({"test": 1}))
    assert "several pickles" in refusal(tmp_path / "a.pkl")
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"train": 1}) + b"\n")
    assert load_pickle(tmp_path / "a.pkl")[0] == {"train": 1}
