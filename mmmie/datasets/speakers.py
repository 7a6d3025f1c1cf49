"""Whether the same name of a speaker in two conversations is the same person."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

_NUMBERED = re.compile(
    r"((speaker|spk|spkr|person|participant|talker|说话人|发言人)[\s_#:-]*)?"
    r"(\d{1,2}(\.0)?|[a-z])|(fe)?male",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?P<session>Ses\d\d)[FM]_\w+?_(?P<letter>[FM])(XX)?\d+(\.\w+)?")
_DIALOGUE = re.compile(r"(?P<session>Ses\d\d)[FM]_\w.*")
_NEARLY_ALL = 0.8


def session_speakers(table: pd.DataFrame, ids: Sequence[str]) -> list[str]:
    """Name the two speakers of every session of IEMOCAP, whom ids or letters tell; and a note.

    Args:
        table: with `id` and `conversation`; its `speaker` is written.
        ids: as they are in the file (N).
    """
    if "speaker" not in table:
        found = [_SESSION.fullmatch(name) for name in ids]
        if not all(found):
            return []
        table["speaker"] = [f"{one['session']}_{one['letter']}" for one in found if one]
        return [f"Speakers were taken from ids, session and letter, as in {_first(table)!r}."]
    letters = table["speaker"].str.lower().map({"f": "F", "m": "M", "female": "F", "male": "M"})
    sessions = table["conversation"].str.extract(_DIALOGUE)["session"]
    known = table["speaker"].notna()
    if not known.any() or letters[known].isna().any() or sessions.isna().any():
        return []
    table["speaker"] = (sessions + "_" + letters).where(known, None)
    return [f"Speakers were named by session and letter, as in {_first(table)!r}."]


def speakers_apart(table: pd.DataFrame) -> list[str]:
    """Make speakers that are numbered anew in each conversation its own; and a note.

    They are where all are numbers, letters or the like, such as ``Speaker A`` or ``SPEAKER_00``,
    some conversation holds all of them but one at most, and one occurs in nearly all conversations.

    Args:
        table: with `conversation`; its `speaker` is written.
    """
    if "speaker" not in table:
        return []
    known = table[table["speaker"].notna()]
    if not len(known) or not known["speaker"].map(lambda n: bool(_NUMBERED.fullmatch(n))).all():
        return []
    pairs = known[["conversation", "speaker"]].drop_duplicates()
    conversations = pairs["conversation"].nunique()
    most = pairs["speaker"].value_counts()
    together = pairs.groupby("conversation").size().max()
    if (
        conversations < 2
        or len(most) > together + 1
        or most.iloc[0] < max(2, _NEARLY_ALL * conversations)
    ):
        return []
    apart = table["conversation"] + " · " + table["speaker"]
    table["speaker"] = apart.where(table["speaker"].notna(), None)
    return [
        f"Speakers such as {most.index[0]!r} recur in nearly all conversations, so they were taken "
        f"as numbered in each: {_first(table)!r} is another person than in the next one."
    ]


def _first(table: pd.DataFrame) -> str:
    return str(table["speaker"].dropna().iloc[0])
