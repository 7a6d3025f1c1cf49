"""Parts of a split worth looking at on their own, and the metrics of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.errors.metric_sums import metric_sums
from mmmie.analysis.errors.resampling import (
    Interval,
    conversation_codes,
    metric_interval,
    sums_intervals,
)
from mmmie.corpus import STANDARD_COLUMNS, Corpus, Label
from mmmie.metrics import METRICS, metrics_for
from mmmie.mi.verdict import Decision, decide_all

_MOST_VALUES = 10
_FEWEST_UTTERANCES = 10
_SHORT, _LONG = 3, 10  # words
_SAME_LABEL = 0.1  # of the range


def slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask (n,) of every slice of the utterances `rows`.

    A slice is one value of a further column with at most ten values, ``ambiguous=1`` say;
    slices of fewer than ten utterances are left out.
    """
    table = corpus.utterances.iloc[rows]
    further = [
        column
        for column in table.columns
        if column not in STANDARD_COLUMNS and not str(column).startswith("latent_")
    ]
    yield from _slices_of(table[further])


def label_slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Slices by label, ``label=positive`` or ``label=lowest third`` of the range.

    Names and the least size are as for `slices`; without a range there are none.
    """
    label = corpus.label
    if label.classes is not None:
        said = corpus.utterances["label"].astype(object)
    elif label.range is not None:
        low, high = label.range
        third = (high - low) / 3
        below, above = corpus.targets < low + third, corpus.targets > high - third
        names = np.where(below, "lowest third", np.where(above, "highest third", "middle third"))
        said = pd.Series(names, dtype=object)
    else:
        return
    yield from _slices_of(pd.DataFrame({"label": said.to_numpy()}).iloc[rows])


def turn_slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Slices by what an utterance is in its conversation; any corpus has some of them.

    ``words=1-3``, ``4-10`` and ``over 10``, where there are transcripts; ``turn=first`` of its
    conversation, ``reply`` to another speaker or ``same speaker`` as the turn before (``later``
    where the corpus knows no speakers); and ``own_last_label=repeated`` or ``changed`` against
    the same speaker's last utterance in the conversation, of numbers repeated within a tenth of
    their range. Names, masks and the least size are as for `slices`.
    """
    columns = {"turn": _turn(corpus)}
    if "transcript" in corpus.utterances:
        words = corpus.utterances["transcript"].fillna("").str.split().str.len()
        edges = [0, _SHORT, _LONG, np.inf]
        names = [f"1-{_SHORT}", f"{_SHORT + 1}-{_LONG}", f"over {_LONG}"]
        columns["words"] = pd.cut(words, edges, labels=names).astype(object)
    if corpus.has_speakers:
        columns["own_last_label"] = _own_last_label(corpus)
    yield from _slices_of(pd.DataFrame(columns).iloc[rows])


def every_slice(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """`slices`, `label_slices` and `turn_slices`; the same utterances come once, under one name."""
    seen = {np.ones(len(rows), bool).tobytes()}
    for part in (slices, label_slices, turn_slices):
        for name, mask in part(corpus, rows):
            if mask.tobytes() not in seen:
                seen.add(mask.tobytes())
                yield name, mask


def main_metric(label: Label) -> str:
    """The metric that also means something for a slice with a single label."""
    return "mae" if label.classes is None else "accuracy"


def slice_metrics(
    corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """Metrics of all utterances `rows` (n,) and of every slice.

    `output` is (n,) predictions, or (n, classes) scores.

    Returns:
        One row per slice, ``all`` first: `slice`, `n`, `low` and `high`, the 95 % interval of
        `main_metric` by drawing conversations, and the metrics. And how much larger the error of
        the slice is than that of all utterances, `gap`, `gap_low`, `gap_high`, on the same draws.
    """
    targets, groups = corpus.targets[rows], conversation_codes(corpus, rows)
    label, main = corpus.label, main_metric(corpus.label)
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", np.ones(len(rows), bool)), *every_slice(corpus, rows)]:
        found = metric_interval(main, label, output, targets, groups, mask, seed=seed)
        metrics = metrics_for(label, output[mask], targets[mask])
        plain = {k: v for k, v in metrics.items() if not isinstance(v, dict)}
        gap = _gap(main, label, output, targets, groups, mask, seed)
        entries.append(
            {"slice": name, "low": found.low, "high": found.high, **plain,
             "gap": gap.value, "gap_low": gap.low, "gap_high": gap.high}
        )  # fmt: skip
    return pd.DataFrame(entries)


def worst_slices(
    corpus: Corpus, rows: np.ndarray, output: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """How large the error is in every slice, largest first, with 95 % intervals.

    The error is the mean absolute error, or the share of wrong classes. Arguments as for
    `slice_metrics`.

    Returns:
        `slice`, `n`, `value`, `low`, `high` and the `gap`, `gap_low`, `gap_high` of
        `slice_metrics`; the row ``all`` stands first.
    """
    name, table = main_metric(corpus.label), slice_metrics(corpus, rows, output, seed)
    gap = ["gap", "gap_low", "gap_high"]
    table = table[["slice", "n", name, "low", "high", *gap]].rename(columns={name: "value"})
    if name == "accuracy":
        table = table.assign(value=1 - table["value"], low=1 - table["high"], high=1 - table["low"])
    return sorted_below_all(table, "value")


def clearly_harder(table: pd.DataFrame) -> list[Decision]:
    """For every slice below ``all`` whether its error is shown to be larger than that of all.

    Args:
        table: from `slice_metrics` or `worst_slices`; all its slices are the looks.
    """
    parts = table[table["slice"] != "all"]
    return decide_all(parts["gap"], parts["gap_low"], parts["gap_high"])


def _gap(
    metric: str,
    label: Label,
    output: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    mask: np.ndarray,
    seed: int,
) -> Interval:
    """How much larger the error of a slice is than that of all utterances, on the same draws."""
    if len(np.unique(groups[mask])) < 2:
        return Interval(float("nan"), float("nan"), float("nan"))
    parts = metric_sums(metric, label, output, targets)
    width, sign = parts.terms.shape[1], -1 if METRICS[metric].higher_is_better else 1

    def more(sums: np.ndarray) -> np.ndarray:
        own, whole = parts.combine(sums[..., :width]), parts.combine(sums[..., width:])
        return np.asarray(sign * (own - whole))[..., None]

    terms = np.concatenate([parts.terms * mask[:, None], parts.terms], 1)
    return sums_intervals(terms, more, groups, seed=seed)[0]


def sorted_below_all(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A table of slices with its first row, ``all``, on top and the others by falling `column`."""
    others = table[1:].sort_values(column, ascending=False, kind="stable")
    return pd.concat([table[:1], others], ignore_index=True)


def _slices_of(table: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    for column in table.columns:
        values = pd.Series(table[column]).dropna()
        if not 2 <= values.nunique() <= _MOST_VALUES:
            continue
        for value in sorted(values.unique()):
            mask = (table[column] == value).to_numpy()
            if mask.sum() >= _FEWEST_UTTERANCES:
                yield f"{column}={_plain(value)}", mask


def _turn(corpus: Corpus) -> pd.Series:
    """``first``, ``reply``, ``same speaker`` or ``later``; None where a speaker is unknown."""
    previous = corpus.window(1, 0)[:, 0]
    if not corpus.has_speakers:
        return pd.Series(np.where(previous < 0, "first", "later"), dtype=object)
    codes = corpus.speaker_codes
    before = np.where(previous >= 0, codes[previous], -1)
    turn = np.where(before == codes, "same speaker", "reply").astype(object)
    turn[(before < 0) | (codes < 0)] = None
    turn[previous < 0] = "first"
    return pd.Series(turn, dtype=object)


def _own_last_label(corpus: Corpus) -> pd.Series:
    """``repeated`` or ``changed``; None for a speaker's first utterance and unknown speakers."""
    table = pd.DataFrame(
        {
            "conversation": corpus.utterances["conversation"],
            "position": corpus.utterances["position"],
            "speaker": corpus.speaker_codes,
            "label": corpus.targets.astype(float),
        }
    )
    known = table[table["speaker"] >= 0].sort_values("position", kind="stable")
    change = known.groupby(["conversation", "speaker"])["label"].diff().abs()
    within = 0.0
    if corpus.label.classes is None:
        low, high = corpus.label.range or (table["label"].min(), table["label"].max())
        within = _SAME_LABEL * (high - low)
    said = pd.Series(np.where(change <= within, "repeated", "changed"), change.index, dtype=object)
    return said.where(change.notna(), None).reindex(table.index)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)
