"""What to know of a corpus before training on it: checks in words, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import page_text as say
from app.parts.figures import figure, figure_footer
from app.parts.names import capital, figure_text, plain
from app.parts.numbers import listed
from app.parts.style import SPLIT_COLOURS, blank, three_digits
from app.screens.data.channels import FAR_OUT_SHARE
from mmmie.analysis.corpora.giveaways import LIMIT
from mmmie.analysis.corpora.quality import LONG_WORDS

_SHIFTED = 0.2  # standard deviations: small by Cohen (1988); for shares half of it
_MOST_NAMED = 3

EXPLANATION = f"""
None of these is a fault: the corpus can be trained on as it is. They are what most often explains
a number that is too good, too bad or not what it seems.

- **Missing**: an utterance without a step of a modality. The model does not see it. Where
  everything is **zero** instead, the model reads the zeros as features: leave the steps out.
- **The same in two splits**: what the model memorised in train is rewarded in valid. Transcripts
  of at least {LONG_WORDS} words are compared, ignoring case and spaces; shorter ones repeat by
  chance. Features are compared number by number.
- **Far out**: more than three interquartile ranges beyond the quartiles (Tukey 1977). A few
  extreme values can dominate the scale of a channel.
- **Given away**: one channel, or a linear fit of at most eight, goes with the label by a rank
  correlation above {LIMIT} or finds its class as often. It may have been made of the labels;
  leave it out if so.
- **Labels**: a split whose labels differ from those of train makes a model look worse or better
  than it is. For numbers the difference of the means in standard deviations, for classes the
  total variation: the share of utterances that would have to change class.
"""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether there is something to know, and what, in Markdown."""

    what: str
    found: bool
    finding: str


def draw_checks(
    tables: Mapping[str, pd.DataFrame], modalities: list[str], classes: bool, utterances: int
) -> None:
    """The list of what was looked at, with what was found first; arguments as of `checks`."""
    found = checks(tables, modalities, classes)
    say.finding(checks_title(found))
    table = checks_table(found)
    say.table(table, markdown=list(table), border="horizontal", hide_index=True)
    rows = int(tables["channels"]["rows"].max())
    figure_footer(
        key="corpus-checks",
        caption=f"All {utterances:,} utterances; channels from at most {rows:,} rows of each "
        "modality, evenly spaced.",
        explanation=EXPLANATION,
        data=pd.DataFrame([(c.what, c.found, c.finding) for c in found],
                          columns=["looked at", "something found", "found"]),
    )  # fmt: skip


def checks(tables: Mapping[str, pd.DataFrame], modalities: list[str], classes: bool) -> list[Check]:
    """All that was looked at, one line each.

    Args:
        tables: ``gaps``, ``channels``, ``transcripts``, ``features``, ``shifts`` and ``turns``
            from `mmmie.analysis.corpora.quality`; ``giveaways`` if that was looked at.
    """
    gaps, channels = tables["gaps"], tables["channels"]
    transcripts, shifts = tables["transcripts"], tables["shifts"]
    of_modalities = gaps[gaps["what"].isin(modalities)]
    return [
        _gap("Missing modalities", of_modalities, "absent", "every utterance has every modality"),
        _gap("All-zero features", of_modalities, "zeros", "no utterance has zeros only"),
        *_texts(gaps),
        _constant(channels),
        _far_out(channels),
        _copies(tables["features"]),
        *([] if "giveaways" not in tables else [_giveaways(tables["giveaways"])]),
        *([] if transcripts.empty else [_transcripts(transcripts)]),
        *([] if shifts.empty else [_shifts(shifts, classes)]),
        _single(tables["turns"]),
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


def _check(what: str, said: list[str], good: str) -> Check:
    """A finding of several parts, the first of which are named; or that all is well."""
    more = len(said) - _MOST_NAMED
    some = listed(said) if more <= 0 else f"{', '.join(said[:_MOST_NAMED])} and {more:,} more"
    return Check(what, bool(said), some or good)


def _gap(what: str, gaps: pd.DataFrame, column: str, good: str) -> Check:
    told = gaps[gaps[column] > 0].sort_values(column, ascending=False)
    said = [
        f"{plain(str(row['what']))} in {row[column]:,} of {row['split']}"
        for row in told.to_dict("records")
    ]
    return _check(what, said, good)


def _texts(gaps: pd.DataFrame) -> list[Check]:
    found = []
    names = {"speaker": ("Unknown speakers", "every speaker is known"),
             "transcript": ("Empty transcripts", "every utterance has words")}  # fmt: skip
    for column, (what, good) in names.items():
        part = gaps[gaps["what"] == column]
        said = [
            f"{row['absent']:,} of {row['split']} ({share_text(row['share'])})"
            for row in part[part["absent"] > 0].to_dict("records")
        ]
        found.append(_check(what, said, f"the corpus has no {column}s" if part.empty else good))
    return found


def _constant(channels: pd.DataFrame) -> Check:
    said = [
        f"{len(part):,} of {plain(str(name))} ({_check('', _names(part), '').finding})"
        for name, part in channels[channels["constant"]].groupby("modality", sort=False)
    ]
    return _check("Constant channels", said, f"all {len(channels):,} channels vary")


def _far_out(channels: pd.DataFrame) -> Check:
    astray = channels[channels["far_out"] > FAR_OUT_SHARE]
    if astray.empty:
        return Check("Values far out", False, f"under {FAR_OUT_SHARE:.0%} in every channel")
    worst = astray.loc[[astray["far_out"].idxmax()]]
    said = (
        f"over {FAR_OUT_SHARE:.0%} in {len(astray):,} of {len(channels):,} channels, most in "
        f"{plain(str(worst['modality'].iloc[0]))}, {_names(worst)[0]} "
        f"({worst['far_out'].iloc[0]:.0%})"
    )
    return Check("Values far out", True, said)


def _copies(features: pd.DataFrame) -> Check:
    across = int((features["split"] != features["split_of_same"]).sum())
    if features.empty:
        return Check("Copied features", False, "no two utterances have the same features")
    count = len(features)
    said = f"{count:,} {'has' if count == 1 else 'have'} the features of another utterance"
    if across:
        said += f", {across:,} of them in another split: a leak"
    return Check("Copied features", True, said)


def _giveaways(found: pd.DataFrame) -> Check:
    said = [
        f"{plain(str(row['modality']))} does, by "
        f"{'all its channels' if row['channel'] < 0 else 'channel ' + str(row['channel'])} "
        f"({row['value']:.2f})"
        for row in found.to_dict("records")
    ]
    return _check("Features that give the label away", said, "no channel tells the label alone")


def _transcripts(transcripts: pd.DataFrame) -> Check:
    told = transcripts[transcripts["utterances"] > 0]
    what, good = "Same words in two splits", "no long transcript is in two splits"
    if told.empty:
        return Check(what, False, good)
    said = [
        f"{row['utterances']:,} of {row['later']} ({share_text(row['share'])} of its long ones) "
        f"are in {row['earlier']}"
        for row in told.to_dict("records")
    ]
    return Check(what, True, f"{listed(said)}, such as “{plain(str(told['example'].iloc[0]))}”")


def _shifts(shifts: pd.DataFrame, classes: bool) -> Check:
    limit = _SHIFTED / 2 if classes else _SHIFTED
    told = shifts[(shifts["shift"].abs() > limit) | (shifts["absent"] != "")]
    against = str(shifts["against"].iloc[0])
    said = []
    for row in told.to_dict("records"):
        words = f"{row['split']} is {_shift(row['shift'], classes)} {against}"
        said.append(words + (f", without {plain(row['absent'])}" if row["absent"] else ""))
    return _check("Labels of the splits", said, f"distributed much as in {against}")


def _single(turns: pd.DataFrame) -> Check:
    single = int((turns["turns"] == 1).sum())
    said = [f"{single:,} of {len(turns):,} have a single utterance"] if single else []
    good = "every conversation has at least two utterances"
    return _check("Conversations without context", said, good)


def _shift(value: float, classes: bool) -> str:
    if classes:
        return f"{value:.0%} of utterances away from"
    return f"{three_digits(abs(value))} standard deviations {'above' if value > 0 else 'below'}"


def _names(part: pd.DataFrame) -> list[str]:
    return [plain(str(name).replace("_", " ")) for name in part["name"]]


def draw_missing(table: pd.DataFrame) -> None:
    """The share of utterances without a modality, speaker or transcript, where there are any."""
    if not table["missing"].any():
        return
    say.finding(gaps_title(table))
    figure(
        gaps_figure(table),
        key="missing",
        caption="A modality is missing where an utterance has no step of it, or zeros only.",
        explanation=(
            "The fusion does not see tokens of a modality without a step; in training whole "
            "modalities are hidden at random so that it can do without them. Zeros it does see."
        ),
        data=table,
        alt="Share of utterances without each modality, speaker or transcript, per split",
    )


def gaps_title(gaps: pd.DataFrame) -> str:
    """What is missing most, and where."""
    worst = gaps.iloc[int(gaps["share"].argmax())]
    what = capital(plain(str(worst["what"])))
    return f"{what} is missing in {share_text(worst['share'])} of {worst['split']}"


def gaps_figure(gaps: pd.DataFrame) -> go.Figure:
    """The share of utterances that lack each modality, a speaker or a transcript, per split."""
    figure = blank(300, barmode="group")
    for split, part in gaps.groupby("split", sort=False):
        figure.add_bar(
            x=part["what"].map(figure_text), y=part["share"], name=str(split),
            customdata=part[["absent", "zeros"]], marker={"color": SPLIT_COLOURS[str(split)]},
            hovertemplate=f"{split}, %{{x}}: %{{y:.1%}}<br>%{{customdata[0]}} without it, "
            "%{customdata[1]} all zeros<extra></extra>",
        )  # fmt: skip
    top = max(0.05, min(1.0, 1.15 * float(gaps["share"].max())))
    figure.update_yaxes(title="share without it", tickformat=".0%", range=[0, top])
    return figure


def share_text(value: float) -> str:
    return f"{value:.1%}" if value < 0.1 else f"{np.round(value, 2):.0%}"
