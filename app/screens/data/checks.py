"""What to know of a corpus before training on it: checks, gaps and channels."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.parts import say
from app.parts.figures import figure_footer
from app.parts.names import plain
from app.parts.numbers import listed
from app.parts.style import three_digits
from app.screens.data.gaps_and_channels import FAR_OUT_SHARE, quality, share_text
from mmmie.analysis.corpora.quality import (
    LONG_WORDS,
)
from mmmie.corpus import Corpus


def draw_checks(corpus: Corpus) -> None:
    """The list of what was looked at, with what was found first."""
    tables = quality(corpus.fingerprint, corpus)
    found = checks(
        tables["gaps"],
        tables["channels"],
        tables["transcripts"],
        tables["features"],
        tables["shifts"],
        tables["turns"],
        list(corpus.modalities),
        corpus.label.classes is not None,
    )
    say.finding(checks_title(found))
    table = checks_table(found)
    say.table(table, border="horizontal", hide_index=True)
    rows = int(tables["channels"]["rows"].max())
    figure_footer(
        key="corpus-checks",
        caption=f"All {len(corpus):,} utterances; channels from at most {rows:,} rows of each "
        "modality, evenly spaced.",
        explanation=EXPLANATION,
        data=pd.DataFrame([(c.what, c.found, c.finding) for c in found],
                          columns=["looked at", "something found", "found"]),
    )  # fmt: skip


_SHIFTED = 0.2  # standard deviations: small by Cohen (1988); for shares half of it
_MOST_NAMED = 3

EXPLANATION = f"""
None of these is a fault: the corpus can be trained on as it is. They are what most often explains
a number that is too good, too bad or not what it seems.

- **Missing**: an utterance without a step of a modality. The fusion does not see it. Where
  everything is **zero** instead, the model takes the zeros for features; leave the steps out.
- **The same in two splits**: what is learnt by heart in train is rewarded in valid. Transcripts
  of at least {LONG_WORDS} words are compared, letter case and blanks aside; shorter ones repeat by
  themselves. Features are compared number by number.
- **Far out**: more than three interquartile ranges beyond the quartiles (Tukey 1977). A few
  extreme values can rule the scale of a channel.
- **Labels**: a split whose labels differ from those of train makes a model look worse or better
  than it is. For numbers the difference of the means in standard deviations, for classes the
  total variation, which is the share of utterances that would have to change their class.
"""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: the question, in two or three words.
        found: whether there is something to know.
        finding: what was found, in Markdown.
    """

    what: str
    found: bool
    finding: str


def checks(
    gaps: pd.DataFrame,
    channels: pd.DataFrame,
    transcripts: pd.DataFrame,
    features: pd.DataFrame,
    shifts: pd.DataFrame,
    turns: pd.DataFrame,
    modalities: list[str],
    classes: bool,
) -> list[Check]:
    """All that was looked at, one line each.

    Args:
        gaps: from `mmmie.analysis.corpora.quality.gaps`.
        channels: from `channel_table`.
        transcripts: from `repeated_transcripts`.
        features: from `repeated_features`.
        shifts: from `label_shifts`.
        turns: from `conversation_lengths`.
        modalities: of the corpus.
        classes: whether its labels are classes.
    """
    of_modalities = gaps[gaps["what"].isin(modalities)]
    return [
        _gap("Missing modalities", of_modalities, "absent", "every utterance has every modality"),
        _gap("All-zero features", of_modalities, "zeros", "no utterance has zeros only"),
        *_texts(gaps),
        _constant(channels),
        _far_out(channels),
        _copies(features),
        *([] if transcripts.empty else [_transcripts(transcripts)]),
        *([] if shifts.empty else [_shifts(shifts, classes)]),
        _single(turns),
    ]


def checks_title(found: list[Check]) -> str:
    """How many checks found something."""
    count = sum(check.found for check in found)
    if not count:
        return f"Nothing to worry about in {len(found)} checks"
    return f"{count} of {len(found)} checks found something to know before training"


def checks_table(found: list[Check]) -> pd.DataFrame:
    """The checks as a table in Markdown, those that found something first."""
    ordered = sorted(found, key=lambda check: not check.found)
    return pd.DataFrame(
        {
            " ": [
                ":orange[:material/warning:]" if check.found else ":green[:material/check:]"
                for check in ordered
            ],
            "looked at": [check.what for check in ordered],
            "found": [check.finding for check in ordered],
        }
    )


def _gap(what: str, gaps: pd.DataFrame, column: str, good: str) -> Check:
    told = gaps[gaps[column] > 0]
    if told.empty:
        return Check(what, False, good)
    said = [
        f"{plain(str(row['what']))} in {row[column]:,} of {row['split']}"
        for row in told.sort_values(column, ascending=False).to_dict("records")
    ]
    return Check(what, True, _first(said))


def _texts(gaps: pd.DataFrame) -> list[Check]:
    found = []
    names = {"speaker": ("Unknown speakers", "every speaker is known"),
             "transcript": ("Empty transcripts", "every utterance has words")}  # fmt: skip
    for column, (what, good) in names.items():
        part = gaps[gaps["what"] == column]
        if part.empty:
            found.append(Check(what, False, f"the corpus has no {column}s"))
            continue
        said = [
            f"{row['absent']:,} of {row['split']} ({share_text(row['share'])})"
            for row in part[part["absent"] > 0].to_dict("records")
        ]
        found.append(Check(what, bool(said), listed(said) or good))
    return found


def _constant(channels: pd.DataFrame) -> Check:
    constant = channels[channels["constant"]]
    if constant.empty:
        return Check("Constant channels", False, f"all {len(channels):,} channels vary")
    said = [
        f"{len(part):,} of {plain(str(name))} ({_first(_names(part))})"
        for name, part in constant.groupby("modality", sort=False)
    ]
    return Check("Constant channels", True, listed(said))


def _far_out(channels: pd.DataFrame) -> Check:
    astray = channels[channels["far_out"] > FAR_OUT_SHARE]
    if astray.empty:
        return Check("Values far out", False, f"under {FAR_OUT_SHARE:.0%} in every channel")
    worst = astray.loc[astray["far_out"].idxmax()]
    said = (
        f"over {FAR_OUT_SHARE:.0%} in {len(astray):,} of {len(channels):,} channels, most in "
        f"{plain(str(worst['modality']))}, {plain(str(worst['name']).replace('_', ' '))} "
        f"({worst['far_out']:.0%})"
    )
    return Check("Values far out", True, said)


def _copies(features: pd.DataFrame) -> Check:
    across = int((features["split"] != features["split_of_same"]).sum())
    if features.empty:
        return Check("Copied features", False, "no two utterances have the same features")
    count = len(features)
    verb = "has" if count == 1 else "have"
    said = f"{count:,} {verb} the features of another utterance"
    if across:
        said += f", {across:,} of them in another split: a leak"
    return Check("Copied features", True, said)


def _transcripts(transcripts: pd.DataFrame) -> Check:
    told = transcripts[transcripts["utterances"] > 0]
    if told.empty:
        return Check("Same words in two splits", False, "no long transcript is in two splits")
    said = [
        f"{row['utterances']:,} of {row['later']} ({share_text(row['share'])} of its long ones) "
        f"are in {row['earlier']}"
        for row in told.to_dict("records")
    ]
    example = plain(str(told["example"].iloc[0]))
    return Check("Same words in two splits", True, f"{listed(said)}, such as “{example}”")


def _shifts(shifts: pd.DataFrame, classes: bool) -> Check:
    limit = _SHIFTED / 2 if classes else _SHIFTED
    told = shifts[(shifts["shift"].abs() > limit) | (shifts["absent"] != "")]
    against = str(shifts["against"].iloc[0])
    if told.empty:
        return Check("Labels of the splits", False, f"distributed much as in {against}")
    said = []
    for row in told.to_dict("records"):
        words = f"{row['split']} is {_shift(row['shift'], classes)} {against}"
        said.append(words + (f", without {plain(row['absent'])}" if row["absent"] else ""))
    return Check("Labels of the splits", True, listed(said))


def _single(turns: pd.DataFrame) -> Check:
    single = int((turns["turns"] == 1).sum())
    what = "Conversations without context"
    if not single:
        return Check(what, False, "every conversation has at least two utterances")
    return Check(what, True, f"{single:,} of {len(turns):,} have a single utterance")


def _shift(value: float, classes: bool) -> str:
    if classes:
        return f"{value:.0%} of utterances away from"
    return f"{three_digits(abs(value))} standard deviations {'above' if value > 0 else 'below'}"


def _names(part: pd.DataFrame) -> list[str]:
    return [plain(str(name).replace("_", " ")) for name in part["name"]]


def _first(said: list[str]) -> str:
    more = len(said) - _MOST_NAMED
    return listed(said) if more <= 0 else f"{', '.join(said[:_MOST_NAMED])} and {more:,} more"
