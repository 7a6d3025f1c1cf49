"""Limits: defaults, variables of the environment, and what is no number."""

import pytest

from mmmie.errors import InputError
from mmmie.limits import Limits


def test_a_variable_changes_its_limit_and_no_other(monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS_WAITING", " 7 ")
    assert Limits.read() == Limits(runs_waiting=7)


@pytest.mark.parametrize("said", ["0", "-1", "x", "1.5", "9" * 20, "٣"])
def test_what_is_no_number_is_named(said, monkeypatch):
    monkeypatch.setenv("MMMIE_UPLOAD_MB", said)
    with pytest.raises(InputError, match="MMMIE_UPLOAD_MB"):
        Limits.read()
