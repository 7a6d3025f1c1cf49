"""Which conversation an utterance belongs to, at which place, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmmie.datasets.loose_values import Unusable

_ID = (
    re.compile(r"(?P<conversation>.+)\$_\$(?P<number>\d{1,9})"),
    re.compile(r"(?P<conversation>.+)\[(?P<number>\d{1,9}(\.\d+)?)\]"),
    re.compile(r"(?P<conversation>.*\d)[_/\\.: -]*(utterance|utt)(?P<number>\d{1,9})", re.I),
    re.compile(
        r"(?P<conversation>.+)[_/\\.: -](utterance|utt|segment|seg|clip|turn|sentence|sent)"
        r"(?P<number>\d{1,9})",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<conversation>s\d+_e\d+_c\d+)_u(?P<number>\d{1,9})"),  # EmoryNLP
    re.compile(r"(?P<conversation>.+)_(?P<number>\d+\.\d+)_\d+\.\d+"),  # begin and end in seconds
    re.compile(r"(?P<conversation>.+)[_/\\.:-](?P<number>\d{1,9})"),
)
_IEMOCAP = re.compile(r"(?P<conversation>Ses\d\d[FM]_\w+)_[FM](XX)?\d+")
_MEDIA = re.compile(r"\.(mp4|avi|mkv|mov|webm|wav|mp3|flac|ogg|m4a|npy|csv|txt)$", re.IGNORECASE)
_MANY = 0.1

_NUMBERED = re.compile(
    r"((speaker|spk|spkr|person|participant|talker|说话人|发言人)[\s_#:-]*)?"
    r"(\d{1,2}(\.0)?|[a-z])|(fe)?male",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?P<session>Ses\d\d)[FM]_\w+?_(?P<letter>[FM])(XX)?\d+(\.\w+)?")
_DIALOGUE = re.compile(r"(?P<session>Ses\d\d)[FM]_\w.*")
_NEARLY_ALL = 0.8


def place_of(name: str) -> tuple[str, float | None]:
    """The conversation and the place in it that an id tells, a number or a time.

    IEMOCAP counts the utterances of each speaker, which tells no place.

    Example:
        >>> place_of("03bSnISJMiM$_$11"), place_of("dia0_utt3"), place_of("alone")
        (('03bSnISJMiM', 11.0), ('dia0', 3.0), ('alone', None))
    """
    stem = _MEDIA.sub("", name)
    if found := _IEMOCAP.fullmatch(stem):
        return found["conversation"], None
    for pattern in _ID:
        if found := pattern.fullmatch(stem):
            return found["conversation"], float(found["number"])
    return name, None


def utterance_table(
    ids: Sequence[str],
    splits: Sequence[str],
    labels: Sequence[Any] | np.ndarray,
    *,
    conversations: Sequence[str] | None = None,
    order: Sequence[float] | np.ndarray | None = None,
    starts: Sequence[float] | np.ndarray | None = None,
    columns: Mapping[str, Sequence[Any] | np.ndarray] | None = None,
) -> pd.DataFrame:
    """The table of a corpus, every utterance at its place in its conversation.

    A conversation that lies in several splits becomes one per split, ``name (split)``, since
    nothing may see across. Numbers from the file stay positions where they have no gap; else
    utterances are numbered from 0 on in their order. Speakers that are numbered in each
    conversation belong to it. All of this is noted.

    Args:
        ids: one name per utterance (N); names that occur twice get their split or conversation
            in front.
        splits: train, valid or test, empty where unknown (N).
        labels: (N).
        conversations: (N); from the ids where None (see `place_of`).
        order: places to sort a conversation by (N), each once.
        starts: seconds to sort it by where there is no `order` (N). Without both, the ids tell
            the places, else rows are in order.
        columns: further columns, (N) each.

    Returns:
        The table; its ``attrs["notes"]`` say what was guessed or changed, one sentence each.

    Raises:
        Unusable: two utterances have the same place or id, so that dialogues would be interleaved.
    """
    places = [place_of(name) for name in ids]
    table = pd.DataFrame({"id": list(ids)}, dtype=object)
    table["conversation"] = pd.Series(conversations or [place[0] for place in places], dtype=object)
    table["split"] = list(splits)
    table["label"] = labels
    for name, values in (columns or {}).items():
        table[name] = values
    notes = _tear_apart(table)
    if order is None and starts is None and any(number is not None for _, number in places):
        mixed = _mixed(table["conversation"], places) if conversations else []
        notes += mixed
        order = None if mixed else [0 if number is None else number for _, number in places]
    if order is not None:
        table["position"] = np.asarray(order, np.float64)
        _refuse_repeats(table)
        notes += _gaps(table)
    else:
        notes += _order_of_rows(table) if starts is None else []
        table["position"] = np.arange(len(table)) if starts is None else np.asarray(starts, float)
    table["position"] = _positions(table)
    notes += _name_apart(table, times=starts is not None and order is None)
    notes += _session_speakers(table, ids)
    notes += _speakers_apart(table)
    first = ["id", "conversation", "position", "split", "label"]
    table = table[[*first, *(name for name in table if name not in first)]]
    table.attrs["notes"] = notes
    return table


def speakers_of_each(
    conversations: Iterable[str], speakers: Iterable[str | None]
) -> list[str | None]:
    """Speakers who are somebody else in each conversation, named after it; None stays None.

    Example:
        >>> speakers_of_each(["dia0", "dia1"], ["A", None])
        ['dia0 · A', None]
    """
    return [
        None if pd.isna(name) else f"{conversation} · {name}"
        for conversation, name in zip(conversations, speakers, strict=True)
    ]


def _mixed(conversations: pd.Series, places: list[tuple[str, float | None]]) -> list[str]:
    """A note where the numbers of ids do not count the utterances of a conversation."""
    own = pd.Series([name for name, _ in places], dtype=object)
    several = own.groupby(conversations, sort=False).nunique() > 1
    if not several.any():
        return []
    first = several.index[int(several.to_numpy().argmax())]
    return [
        f"Numbers in ids are no places, since those in conversation {first!r} count several "
        f"things: utterances were taken in the order of rows."
    ]


def _tear_apart(table: pd.DataFrame) -> list[str]:
    """Give every split its own conversations."""
    known = table["split"].where(table["split"] != "")
    torn = known.groupby(table["conversation"]).transform("nunique") > 1
    if not torn.any():
        return []
    names = table["conversation"][torn].unique()
    held = " and ".join(table["split"][table["conversation"] == names[0]].unique())
    named = table["conversation"] + " (" + table["split"] + ")"
    table["conversation"] = table["conversation"].where(~torn, named)
    lies = "conversation lies" if len(names) == 1 else "conversations lie"
    return [
        f"{len(names):,} {lies} in several splits, such as {names[0]!r} in {held}: each was made "
        f"into one per split."
    ]


def _refuse_repeats(table: pd.DataFrame) -> None:
    twice = table.duplicated(["conversation", "position"]).to_numpy()
    if not twice.any():
        return
    again = int(twice.argmax())
    name, place = table["conversation"].iloc[again], table["position"].iloc[again]
    same = (table["conversation"] == name) & (table["position"] == place)
    first, count = int(same.to_numpy().argmax()) + 1, table["conversation"][twice].nunique()
    more = f", and so in {count - 1:,} other conversations" if count > 1 else ""
    raise Unusable(
        f"conversation {name!r} has place {place:g} twice, in rows {first:,} and "
        f"{again + 1:,}{more}. Either a row occurs twice, or names begin anew, as where files "
        f"were put under each other; remove what is double, or add a column `split` or make the "
        f"names of conversations differ"
    )


def _gaps(table: pd.DataFrame) -> list[str]:
    """A note where places have gaps, since positions have none."""
    groups = table.groupby("conversation", sort=False)["position"]
    whole = (table["position"] % 1 == 0).groupby(table["conversation"], sort=False).all()
    apart = whole & (groups.max() - groups.min() + 1 != groups.size())
    if not apart.any():
        return []
    count, first = int(apart.sum()), apart.index[int(apart.to_numpy().argmax())]
    have = "conversation has" if count == 1 else "conversations have"
    return [
        f"{count:,} {have} gaps in the numbers of utterances, {first!r} first: they were numbered "
        f"from 0 on in the same order."
    ]


def _order_of_rows(table: pd.DataFrame) -> list[str]:
    """A note where rows that nothing else orders may not be in order."""
    begins = table["conversation"].ne(table["conversation"].shift())
    again = table["conversation"][begins].duplicated()
    if _are_sorted_by_speaker(table):
        raise Unusable(
            "ids such as `Ses01F_impro01_F000` count each speaker for itself, and all rows of one "
            "speaker come first, so the order of turns is unknown; add a column `start` or "
            "`position`"
        )
    if not again.any():
        return []
    row = int(again.index[again.to_numpy().argmax()])
    name = table["conversation"].iloc[row]
    return [
        f"No column tells the places of utterances, and conversation {name!r} begins again in row "
        f"{row + 1:,} ({again.sum():,} such rows): its rows were joined in their order; add "
        f"`position` if these are two conversations or another order."
    ]


def _are_sorted_by_speaker(table: pd.DataFrame) -> bool:
    """Whether ids of IEMOCAP are in the order of the alphabet, not of time."""
    if not table["id"].map(lambda name: bool(_IEMOCAP.fullmatch(_MEDIA.sub("", name)))).all():
        return False
    letters = table["id"].str.extract(r"_([FM])[^_]*$")[0]
    changes = letters.ne(letters.groupby(table["conversation"]).shift())
    turns = changes.groupby(table["conversation"]).sum()  # 2: first all of one, then the other
    sizes = table.groupby("conversation").size()
    both = turns > 1
    return bool(both.any() and (turns[both] == 2).all() and (sizes[both] > 3).any())


def _positions(table: pd.DataFrame) -> pd.Series:
    groups = table.groupby("conversation", sort=False)["position"]
    whole = (table["position"] % 1 == 0).groupby(table["conversation"]).transform("all") & (
        groups.transform("max") - groups.transform("min") + 1 == groups.transform("count")
    )
    whole &= groups.transform("nunique") == groups.transform("count")
    ranks = groups.rank(method="first") - 1
    return table["position"].where(whole, ranks).astype(np.int64)


def _name_apart(table: pd.DataFrame, times: bool) -> list[str]:
    """Make ids unique: by their split, else by their conversation."""
    twice = table["id"].duplicated(keep=False)
    if not twice.any():
        return []
    renamed = twice if twice.mean() < _MANY else pd.Series(True, index=table.index)
    first = table["id"][twice].iloc[0]
    for front in ("split", "conversation"):
        named = table["id"].where(~renamed, table[front] + "_" + table["id"])
        if not named.duplicated().any():
            table["id"] = named
            like = named[renamed].iloc[0]
            return [
                f"{twice.sum():,} ids occur more than once, {first!r} first: their {front} was put "
                f"in front, as in {like!r}."
            ]
    again = table.groupby("id").cumcount()
    if not times:
        row = int(again.to_numpy().argmax())
        raise Unusable(
            f"id {table['id'].iloc[row]!r} of row {row + 1:,} occurs before in the same "
            f"conversation; remove the row, or give every utterance an id of its own"
        )
    table["id"] = table["id"].where(again == 0, table["id"] + "#" + (again + 1).astype(str))
    return [
        f"{twice.sum():,} ids occur more than once, {first!r} first: the later ones were numbered, "
        f"as in {first + '#2'!r}."
    ]


def _session_speakers(table: pd.DataFrame, ids: Sequence[str]) -> list[str]:
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


def _speakers_apart(table: pd.DataFrame) -> list[str]:
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
    table["speaker"] = speakers_of_each(table["conversation"], table["speaker"])
    return [
        f"Speakers such as {most.index[0]!r} recur in nearly all conversations, so they were taken "
        f"as numbered in each: {_first(table)!r} is another person than in the next one."
    ]


def _first(table: pd.DataFrame) -> str:
    return str(table["speaker"].dropna().iloc[0])
