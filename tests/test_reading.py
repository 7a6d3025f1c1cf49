"""Small files of others are read up to a size, and what they hold is JSON."""

from __future__ import annotations

import pytest

from mmmie.errors import InputError
from mmmie.reading import parse_json, read_plain


def test_no_more_is_read_than_may_be(tmp_path):
    file = tmp_path / "status.json"
    file.write_bytes(b"x" * 100)
    assert len(read_plain(file, 100)) == 100
    with pytest.raises(InputError, match="status.json"):
        read_plain(file, 99)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_json(number):
    assert parse_json(b'{"loss": 1}', "line 3") == {"loss": 1}
    with pytest.raises(InputError, match="line 3"):
        parse_json(f'{{"loss": {number}}}'.encode(), "line 3")
    parse_json(f'{{"loss": {number}}}'.encode(), "line 3", nan=True)
