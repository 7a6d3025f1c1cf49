from __future__ import annotations

import pytest

from app.parts.names import channel_words, plain
from app.parts.slice_names import slice_contents, slice_titles


def test_markdown_in_a_name_is_escaped() -> None:
    assert plain("*a* [b](c) $x$ <i>") == r"\*a\* \[b\]\(c\) \$x\$ \<i\>"
    assert plain("Ada\n Lovelace") == "Ada Lovelace"


def test_a_flag_is_told_from_a_number() -> None:
    names = slice_titles(["all", "ambiguous=0", "ambiguous=1", "season=1", "season=2"])
    assert list(names.values()) == ["all", "not ambiguous", "ambiguous", "season 1", "season 2"]
    phrases = slice_contents(["ambiguous=1", "is_late=0", "emotion=joy", "all"])
    assert phrases == {
        "ambiguous=1": "ambiguous utterances",
        "is_late=0": "utterances that are not is late",
        "emotion=joy": "utterances with emotion joy",
        "all": "all utterances",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pitch_hz", ("pitch", "Hz")),
        ("speech_rate_syllables_per_s", ("speech rate", "syllables/s")),
        ("words_per_s", ("words", "per s")),
        ("brow_raise_au01", ("brow raise", "AU01")),
        ("gaze_contact", ("gaze contact", "")),
        ("_s", (" s", "")),
    ],
)
def test_channels_have_units(name: str, words: tuple[str, str]) -> None:
    assert channel_words(name) == words
