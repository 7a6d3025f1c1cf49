"""How good a model stays when modalities are missing: every subset of them, and at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.analysis.ask.askable import Askable
from mmmie.analysis.ask.asker import Answer, Asker
from mmmie.analysis.ask.edited_window import lost_at_random
from mmmie.analysis.ask.question import Question
from mmmie.analysis.bounds.split_of_checkpoint import SplitWork, opened_split
from mmmie.analysis.errors.resampling import (
    conversation_codes,
    difference_interval,
    metric_interval,
)
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.jobs.background_work import serve
from mmmie.metrics import metrics_for, primary_metric

RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
DRAWS = 5
_REPEATS = 1000
_MODULE = "mmmie.analysis.ask.robustness"
_VERSION = 1
_MOST_MODALITIES = 5  # of more, the subsets of all, of all but one and of one alone


def robustness(
    checkpoint: Askable,
    corpus: Corpus,
    split: str = "valid",
    *,
    rates: Sequence[float] = RATES,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """The report of ``mmmie robustness``.

    A subset takes the other modalities from every utterance of the window. At a rate each
    modality of each utterance is missing with that chance, but never the last one that an
    utterance has, as in Zhao et al. (MMIN, ACL 2021) and Lian et al. (GCNet, TPAMI 2023); figures
    are over `draws` draws together. Intervals are 95 % bootstraps over whole conversations.

    Args:
        split: which utterances are predicted.
        rates: chances in (0, 1].
        draws: how often each rate is drawn.

    Returns:
        ``n``, ``metric`` (which has the intervals), ``subsets`` → the names of the modalities
        that are there, joined by ``+``, the whole set first (of more than five modalities, all,
        all but one, and one alone); and ``rates``, one entry per rate
        from 0, with ``rate`` and ``missing``, the share that is lost. Both hold the metrics of
        `mmmie.metrics`, ``low`` and ``high`` of `metric`, and ``change`` → {``value``, ``low``,
        ``high``} of `metric` minus that with everything there.

    Raises:
        InputError: the corpus does not fit, the split is empty or without labels, or a rate lies
            outside.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> found = robustness(checkpoint, checkpoint.corpus(), rates=[0.5], draws=1)
        >>> list(found["subsets"])[:2], len(found["rates"])
        (['text+audio+vision', 'text+audio'], 2)
    """
    lines = list(robustness_lines(checkpoint, corpus, split, rates=rates, draws=draws))
    kept = [
        {key: v for key, v in line.items() if key not in ("metric", "subset")} for line in lines
    ]
    subsets = {
        line["subset"]: one for line, one in zip(lines, kept, strict=True) if "subset" in line
    }
    curve = [one for one in kept if "rate" in one]
    return {"n": lines[0]["n"], "metric": lines[0]["metric"], "subsets": subsets, "rates": curve}


def robustness_lines(
    checkpoint: Askable,
    corpus: Corpus,
    split: str = "valid",
    *,
    rates: Sequence[float] = RATES,
    draws: int = DRAWS,
) -> Iterator[dict[str, Any]]:
    """The entries of `robustness` one by one, with `metric` and either `subset` or `rate`."""
    if any(not 0 < rate <= 1 for rate in rates):
        raise InputError("rates: have to lie above 0 and at most at 1")
    asker = Asker(checkpoint, corpus)
    rows = asker.corpus.rows(split)
    judge = _Judge(asker, rows)
    [whole] = asker.answer(rows)
    names = asker.modalities
    for size in _sizes(len(names)):
        for kept in combinations(names, size):
            lost = tuple(name for name in names if name not in kept)
            told = (
                asker.answer(rows, [Question(missing=lost, everywhere=True)]) if lost else [whole]
            )
            yield {"subset": "+".join(kept), **judge.figures([whole], told)}
    present = asker.codes(rows).present.cpu().numpy()
    utterances = asker.corpus.utterances["id"].iloc[rows].tolist()
    yield {"rate": 0.0, "missing": 0.0, **judge.figures([whole], [whole])}
    for rate in rates if len(names) > 1 else ():
        questions = [Question(missing_rate=rate, seed=seed) for seed in range(draws)]
        lost_share = np.mean(
            [lost_at_random(q, utterances, present).sum() / present.sum() for q in questions]
        )
        told = [asker.answer(rows, [question])[0] for question in questions]
        figures = judge.figures([whole] * draws, told)
        yield {"rate": rate, "missing": float(lost_share), **figures}


def _sizes(modalities: int) -> list[int]:
    """How many modalities the subsets hold, the whole set first; of many not every number."""
    if modalities > _MOST_MODALITIES:
        return [modalities, modalities - 1, 1]
    return list(range(modalities, 0, -1))


class _Judge:
    """Metrics of answers about the same utterances, all answers counted together."""

    def __init__(self, asker: Asker, rows: np.ndarray) -> None:
        self.label = asker.corpus.label
        self.metric = primary_metric(self.label.kind)[0]
        self._targets = asker.corpus.targets[rows]
        self._groups = conversation_codes(asker.corpus, rows)

    def figures(self, whole: Sequence[Answer], told: Sequence[Answer]) -> dict[str, Any]:
        """The metrics of `told` with intervals, against the answers `whole`."""
        before, after = (np.concatenate([a.logits for a in answers]) for answers in (whole, told))
        targets, groups = (np.tile(one, len(told)) for one in (self._targets, self._groups))
        found = metric_interval(self.metric, self.label, after, targets, groups, repeats=_REPEATS)
        change = difference_interval(
            self.metric, self.label, before, after, targets, groups, repeats=_REPEATS
        )
        figures = metrics_for(self.label, after, targets)
        figures["n"] = len(self._targets)
        ends = {"low": found.low, "high": found.high, "change": vars(change)}
        return {"metric": self.metric, **figures, **ends}


class Robustness(SplitWork):
    """`robustness_lines` of a checkpoint in a process of their own."""

    module = _MODULE
    version = _VERSION

    @property
    def count(self) -> int:
        """How many lines there will be."""
        names = len(self.checkpoint.info.modalities)
        subsets = sum(comb(names, size) for size in _sizes(names))
        return subsets + 1 + (len(RATES) if names > 1 else 0)


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    yield from robustness_lines(*opened_split(given))


if __name__ == "__main__":
    serve(_compute)
