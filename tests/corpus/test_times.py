"""All the ways in which a time is written."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmie.corpus.times import seconds_of


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("0:12:43,012", 763.012),
        ("00:20:57,256", 1257.256),
        ("00:20:57.256", 1257.256),
        ("12:43", 763),
        ("75:10.5", 4510.5),
        ("1:02:03", 3723),
        ("  7.25 ", 7.25),
        ("7,25", 7.25),
        ("1e-3", 0.001),
        ("-0.5", -0.5),
        (".5", 0.5),
        (3, 3),
        (3.5, 3.5),
        (str(pd.Timedelta(seconds=965.059)), 965.059),
        (pd.Timedelta(seconds=90061).to_pytimedelta(), 90061),
    ],
)
def test_a_time_is_seconds(cell, seconds):
    assert seconds_of(cell) == pytest.approx(seconds)


@pytest.mark.parametrize("cell", ["", "  ", "NaN", "NaT", "None", "null", None, float("nan"), "-"])
def test_no_time_is_not_a_number(cell):
    assert math.isnan(seconds_of(cell))


@pytest.mark.parametrize(
    "cell", ["noon", "inf", "1:60", "0:61:00", "1:2:3:4", "1,234,567", "1_0", "12:", "00:20:57;256"]
)
def test_what_is_no_time_is_told(cell):
    assert seconds_of(cell) is None


@given(st.integers(0, 359_999_999), st.sampled_from(",."))
def test_clocks_and_seconds_agree(milliseconds, point):
    seconds, rest = divmod(milliseconds, 1000)
    minutes, hours = seconds // 60 % 60, seconds // 3600
    clock = f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}{point}{rest:03d}"
    assert seconds_of(clock) == pytest.approx(milliseconds / 1000, abs=1e-6)
    assert seconds_of(f"{seconds}{point}{rest:03d}") == pytest.approx(milliseconds / 1000)
