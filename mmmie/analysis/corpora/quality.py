"""What to know of a corpus before training: gaps, odd channels, repetitions, shifted labels.

Nothing here is a fault: faults are listed by `mmmie.corpus.checks`.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Features

_CHUNK_ROWS = 65_536
_MOST_ROWS = 20_000
FAR_OUT = 3.0  # interquartile ranges beyond the quartiles
LONG_WORDS = 5


def lacking(features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Which utterances have no step of a modality (N,), and which only zeros or NaN (N,).

    The latter is how many corpora mark what is missing, but a model sees these zeros.
    """
    values, offsets = features.values, features.offsets
    told = np.empty(len(values), bool)
    for start in range(0, len(values), _CHUNK_ROWS):
        part = values[start : start + _CHUNK_ROWS]
        told[start : start + _CHUNK_ROWS] = (np.isfinite(part) & (part != 0)).any(1)
    if offsets is None:
        return np.zeros(len(values), bool), ~told
    sums = np.concatenate([[0], np.cumsum(told)])
    absent = np.diff(offsets) == 0
    return absent, ~absent & (sums[offsets[1:]] == sums[offsets[:-1]])


def gaps(corpus: Corpus) -> pd.DataFrame:
    """The share of utterances that lack a modality, a speaker or a transcript, per split.

    Speakers and transcripts are left out where the corpus has no such column.

    Returns:
        `what` (a modality, ``speaker`` or ``transcript``), `split`, `absent` (utterances without
        it), `zeros` (utterances whose features are all zero), `missing` (their sum), `share`.
    """
    never = np.zeros(len(corpus), bool)
    found = {name: lacking(features) for name, features in corpus.features.items()}
    table = corpus.utterances
    for name in ("speaker", "transcript"):
        if name in table and not (name == "speaker" and not corpus.has_speakers):
            words = table[name].fillna("").astype(str).str.strip()
            found[name] = (words == "").to_numpy(), never
    entries = []
    for what, (absent, zeros) in found.items():
        for split in corpus.splits:
            rows = corpus.rows(split)
            none, blank = int(absent[rows].sum()), int(zeros[rows].sum())
            entries.append((what, split, none, blank, none + blank, (none + blank) / len(rows)))
    columns = ["what", "split", "absent", "zeros", "missing", "share"]
    return pd.DataFrame(entries, columns=columns)


def channel_table(corpus: Corpus) -> pd.DataFrame:
    """How the values of every channel are spread, over at most 20,000 rows of each modality.

    Rows of zeros only are left out, since they mark what is missing. A value is *far out* where
    it lies more than three interquartile ranges beyond the quartiles (Tukey 1977, Exploratory
    Data Analysis), which happens twice in a million normal values.

    Returns:
        `modality`, `channel` (its number), `name`, `rows`, `least`, `low` (1 %), `quarter`,
        `median`, `three_quarters`, `high` (99 %), `most`, `constant` (always the same value),
        `far_out` (share of values; NaN where half of the values are the same).
    """
    parts = []
    for name, features in corpus.features.items():
        step = max(1, -(-len(features.values) // _MOST_ROWS))
        values = np.asarray(features.values[::step], np.float32)
        values = values[(values != 0).any(1)]
        modality = corpus.modalities[name]
        names = modality.channels or tuple(f"channel {i}" for i in range(modality.dim))
        if not len(values):
            values = np.zeros((1, modality.dim), np.float32)
        quantiles = np.quantile(values, [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1], axis=0)
        first, third = quantiles[2], quantiles[4]
        reach = FAR_OUT * (third - first)
        out = ((values < first - reach) | (values > third + reach)).mean(0)
        spread = ["least", "low", "quarter", "median", "three_quarters", "high", "most"]
        parts.append(
            pd.DataFrame(
                {
                    "modality": name,
                    "channel": np.arange(modality.dim),
                    "name": list(names),
                    "rows": len(values),
                    **dict(zip(spread, quantiles, strict=True)),
                    "constant": quantiles[0] == quantiles[-1],
                    "far_out": np.where(reach > 0, out, np.nan),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def repeated_transcripts(corpus: Corpus, fewest_words: int = LONG_WORDS) -> pd.DataFrame:
    """Transcripts of one split that occur in an earlier one too, letter case and blanks aside.

    Those of fewer than `fewest_words` are left out: "okay then" repeats by itself.

    Returns:
        One row per pair of splits: `earlier`, `later`, `utterances` of the later one that
        repeat, `share` of its utterances with so many words, `example`; no row without
        transcripts.
    """
    columns = ["earlier", "later", "utterances", "share", "example"]
    if "transcript" not in corpus.utterances:
        return pd.DataFrame(columns=columns)
    texts = corpus.utterances["transcript"].fillna("").astype(str)
    words = [text.casefold().split() for text in texts]
    long = np.array([len(own) >= fewest_words for own in words], bool)
    said = [" ".join(own) for own in words]
    held = {split: corpus.rows(split)[long[corpus.rows(split)]] for split in corpus.splits}
    entries = []
    for earlier, later in combinations(corpus.splits, 2):
        known = {said[row] for row in held[earlier]}
        again = [row for row in held[later] if said[row] in known]
        share = len(again) / max(len(held[later]), 1)
        example = said[again[0]] if again else ""
        entries.append((earlier, later, len(again), share, example))
    return pd.DataFrame(entries, columns=columns)


def repeated_features(corpus: Corpus) -> pd.DataFrame:
    """Utterances whose features are those of an earlier row in every modality, number by number.

    Returns:
        `row`, `same_as` (row numbers of the corpus), `split`, `split_of_same`; utterances that lack
        every modality are left out.
    """
    said = np.zeros(len(corpus), bool)
    sketches = []
    for features in corpus.features.values():
        absent, zeros = lacking(features)
        said |= ~(absent | zeros)
        sketches.append(_sketch(features))
    table = pd.DataFrame(np.concatenate(sketches, 1))
    twice = table[table.duplicated(keep=False)]
    codes = twice.groupby([*table], sort=False, dropna=False)
    split = corpus.utterances["split"].to_numpy()
    entries = []
    for rows in codes.groups.values():
        seen: dict[tuple[bytes, ...], int] = {}
        for row in sorted(int(r) for r in rows if said[r]):
            content = tuple(np.asarray(f.of(row)).tobytes() for f in corpus.features.values())
            if content in seen:
                same = seen[content]
                entries.append((row, same, split[row], split[same]))
            else:
                seen[content] = row
    return pd.DataFrame(entries, columns=["row", "same_as", "split", "split_of_same"])


def label_shifts(corpus: Corpus) -> pd.DataFrame:
    """How far the labels of the other splits are from those of the first, train usually.

    Returns:
        `split`, `against`, `shift`: for numbers the difference of the means in standard
        deviations of the first split, for classes the total variation between the shares (0 to
        1); and `absent`, classes that the split lacks though the first has them.
    """
    table, entries = corpus.utterances, []
    first, *others = corpus.splits
    labels = {split: table.loc[table["split"] == split, "label"] for split in corpus.splits}
    for split in others:
        if corpus.label.classes is None:
            spread = float(labels[first].std(ddof=0)) or 1.0
            shift, absent = float(labels[split].mean() - labels[first].mean()) / spread, ""
        else:
            names = list(corpus.label.classes)
            before, after = (
                labels[s].value_counts(normalize=True).reindex(names, fill_value=0)
                for s in (first, split)
            )
            shift = float((before - after).abs().sum() / 2)
            absent = ", ".join(n for n in names if before[n] > 0 and after[n] == 0)
        entries.append((split, first, shift, absent))
    return pd.DataFrame(entries, columns=["split", "against", "shift", "absent"])


def conversation_lengths(corpus: Corpus) -> pd.DataFrame:
    """Utterances of every conversation: `conversation`, `split`, `turns`."""
    groups = corpus.utterances.groupby("conversation", sort=False)["split"]
    table = pd.DataFrame({"split": groups.first(), "turns": groups.size()})
    return table.rename_axis("conversation").reset_index()


def _sketch(features: Features) -> np.ndarray:
    """A few numbers (N, ≤ 5) that equal features share; cheap, since it reads one row of each."""
    values, offsets = features.values, features.offsets
    if offsets is None:
        return np.asarray(values[:, :4], np.float32)
    lengths = np.diff(offsets)
    some = lengths > 0
    first = np.zeros((len(lengths), min(4, values.shape[1])), np.float32)
    first[some] = values[offsets[:-1][some]][:, :4]
    return np.concatenate([lengths[:, None].astype(np.float32), first], 1)
