"""Several estimators on the same frozen codes, and what they say together.

They run in a process of their own, which says every result as soon as it is there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from mmmie.analysis.bounds.split_of_checkpoint import given_split, opened_split
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.corpus import Corpus
from mmmie.jobs.background_work import Work, serve
from mmmie.mi.thresholds import NOTHING, near_ceiling
from mmmie.mi.verdict import decide_within

if TYPE_CHECKING:
    import numpy as np

    from mmmie.model.batch import Codes

Kind = Literal["input", "z", "s"]

STEPS = 600
BATCH = 128
HIDDEN = 128
_VERSION = 3
_COLUMNS = [
    "estimator",
    "title",
    "nats",
    "std",
    "bound",
    "ceiling",
    "n",
    "dim_x",
    "dim_y",
    "batch_size",
    "assumes",
    "doubt",
    "fit",
    "sentence",
    "seconds",
]


@dataclass(frozen=True)
class Quantity:
    """The mutual information of two variables of a model.

    Attributes:
        kinds: what they are, the input of a modality, its invariant code z or its specific code s.
        modalities: whose.
    """

    kinds: tuple[Kind, Kind]
    modalities: tuple[str, str]

    @property
    def variables(self) -> tuple[str, str]:
        """Both in words, such as ``z text``."""
        first, second = zip(self.kinds, self.modalities, strict=True)
        return " ".join(first), " ".join(second)

    @property
    def name(self) -> str:
        """such as ``I(z text; z audio)``."""
        return f"I({'; '.join(self.variables)})"

    @property
    def pair(self) -> str | None:
        """``text-audio`` where it is about two modalities and the same of each, else None."""
        same = self.kinds[0] == self.kinds[1]
        return "-".join(self.modalities) if same else None


def quantities(modalities: Sequence[str]) -> dict[str, Quantity]:
    """What can be estimated on a model, by name.

    Between modalities for z, s and the inputs; between an input and each of its codes; and
    between the z of one modality and the s of the same and of every other.
    """
    pairs, own = list(combinations(modalities, 2)), [(name, name) for name in modalities]
    crossed = [(m, n) for m in modalities for n in modalities if m != n]
    kinds: list[tuple[Kind, Kind, list[tuple[str, str]]]] = [
        ("z", "z", pairs),
        ("input", "z", own),
        ("input", "s", own),
        ("z", "s", own),
        ("z", "s", crossed),
        ("s", "s", pairs),
        ("input", "input", pairs),
    ]
    found = [Quantity((x, y), both) for x, y, whose in kinds for both in whose]
    return {quantity.name: quantity for quantity in found}


@dataclass(frozen=True)
class SideBySide:
    """What is estimated, on what.

    Attributes:
        checkpoint: whose codes.
        corpus: that it is run on.
        split: of the corpus.
        quantity: the mutual information.
        transform: `none` or `copula`, see `mmmie.mi.estimate`.
        cache: the folder where results are kept.
    """

    checkpoint: Checkpoint
    corpus: Corpus
    split: str
    quantity: Quantity
    transform: str
    cache: Path

    @cached_property
    def work(self) -> Work:
        """The process; its lines are the results."""
        content = [
            _VERSION,
            self.checkpoint.fingerprint,
            self.corpus.fingerprint,
            self.split,
            self.quantity.name,
            self.transform,
            [STEPS, BATCH, HIDDEN],
        ]
        return Work.on(self.cache / "work", "mmmie.analysis.bounds.side_by_side", content)

    def results(self, estimators: Sequence[str]) -> pd.DataFrame:
        """The results that are there, in the order of `estimators`.

        Returns:
            The fields of `mmmie.mi.Estimate` and its `sentence`, one row per estimator.
        """
        said = {line["estimator"]: line for line in self.work.lines()}
        rows = [said[name] for name in estimators if name in said]
        table = pd.DataFrame(rows, columns=_COLUMNS)
        return table.astype({"nats": float, "std": float, "ceiling": float})

    def start(self, estimators: Sequence[str]) -> None:
        """Compute what is missing in a process of its own; `results` finds it as it comes.

        Raises:
            InputError: the cache cannot be written.
        """
        there = set(self.results(estimators)["estimator"])
        given = {
            **given_split(self.checkpoint, self.corpus, self.split),
            "kinds": self.quantity.kinds,
            "modalities": self.quantity.modalities,
            "transform": self.transform,
            "estimators": [name for name in estimators if name not in there],
        }
        self.work.start(given, keep=True)


def frozen_codes(checkpoint: Checkpoint, corpus: Corpus, split: str) -> Codes:
    """The codes of a split, sampled as in training: that is what the bounds of a run are about."""
    import torch

    from mmmie.analysis.ask.asker import Asker
    from mmmie.training.measured_bounds import sample_codes

    model = checkpoint.model
    rows = corpus.rows(split)
    everything = Asker(checkpoint, corpus).codes(rows)
    with torch.inference_mode():
        return sample_codes(everything, torch.arange(len(rows)), model.settings.stochastic)


def frozen_pair(
    checkpoint: Checkpoint, corpus: Corpus, split: str, quantity: Quantity
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both variables of a quantity, (N, dim) each, for the utterances that have both.

    An input is represented by its standardised features pooled over time. The third array, (N,),
    names the conversation of each utterance.
    """
    names = list(checkpoint.model.modalities)
    codes = frozen_codes(checkpoint, corpus, split)
    places = [names.index(name) for name in quantity.modalities]
    both = codes.present[:, places].all(1)

    def variable(kind: Kind, place: int) -> np.ndarray:
        if kind == "input":
            return codes.summaries[place][both].numpy()
        code = codes.invariant if kind == "z" else codes.specific
        return code.sample[both, place].numpy()

    x, y = (variable(kind, place) for kind, place in zip(quantity.kinds, places, strict=True))
    return x, y, conversations(corpus, split)[both.numpy()]


def conversations(corpus: Corpus, split: str) -> np.ndarray:
    """The conversation of every utterance of a split, (N,): they are held out as a whole."""
    return corpus.utterances["conversation"].to_numpy()[corpus.rows(split)].astype(str)


def estimate_row(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, estimator: str, transform: str
) -> dict[str, Any]:
    """One row of `SideBySide.results`, computed here; takes seconds and needs torch.

    Raises:
        InputError: there are too few pairs.
    """
    from mmmie.mi import estimate

    found = estimate(
        x,
        y,
        estimator,
        steps=STEPS,
        batch_size=BATCH,
        hidden=HIDDEN,
        groups=groups,
        transform=transform,  # type: ignore[arg-type]
    )
    held = {**asdict(found), "sentence": found.sentence}
    held["fit"] = {key: _finite(value) for key, value in found.fit.items()}
    return {key: _finite(held[key]) for key in _COLUMNS}


def _finite(value: Any) -> Any:
    """JSON has no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Verdict = Literal["bracket", "equal", "contradiction", "lower", "upper", "nothing"]


@dataclass(frozen=True)
class Bracket:
    """The best bounds from both sides.

    Attributes:
        verdict: `bracket`: there are both. `equal`: the lower one is above the upper one, but by no
            more than their errors. `contradiction`: by more. `lower`, `upper`, `nothing`: there
            is only one, or none.
        lower: the row of the largest believable lower bound, None where there is none.
        upper: the row of the smallest believable upper bound, None where there is none.
        least, most: the outer ends of their intervals in nats, widened for the number of bounds
            that each was chosen from; NaN where there is none.
    """

    verdict: Verdict
    lower: dict[str, Any] | None
    upper: dict[str, Any] | None
    least: float = math.nan
    most: float = math.nan

    @property
    def near_ceiling(self) -> bool:
        """Whether its batch size may be all that keeps the lower bound down."""
        return self.lower is not None and near_ceiling(self.lower["nats"], self.lower["ceiling"])


def bracket_of(estimates: pd.DataFrame) -> Bracket:
    """Reconcile estimates of the same quantity.

    An estimate is believable where its quality on held-out pairs gives no reason for doubt. Lower
    bounds that need no assumption go before those that do.

    Args:
        estimates: `nats`, `std`, `bound`, `ceiling`, `assumes` and `doubt`, see
            `mmmie.analysis.bounds.side_by_side.SideBySide.results`.
    """
    believable = estimates[estimates["doubt"].isna() & estimates["nats"].notna()]
    lower = believable[believable["bound"] == "lower"].sort_values("nats")
    free = lower[lower["assumes"].isna()]
    upper = believable[believable["bound"] == "upper"].sort_values("nats")
    best = (free if len(free) else lower).to_dict("records")[-1:]
    least = upper.to_dict("records")[:1]
    ends = [decide_within(r["nats"], r["std"], looks=len(lower)).low for r in best] or [math.nan]
    ends += [decide_within(r["nats"], r["std"], looks=len(upper)).high for r in least] or [math.nan]
    if not best or not least:
        verdict: Verdict = "lower" if best else "upper" if least else "nothing"
        return Bracket(verdict, *(best or [None]), *(least or [None]), *ends)
    verdict = _compare(best[0], least[0], len(lower) * len(upper))
    return Bracket(verdict, best[0], least[0], *ends)


def _compare(lower: dict[Any, Any], upper: dict[Any, Any], looks: int) -> Verdict:
    over = lower["nats"] - upper["nats"]
    if over <= 0:
        return "bracket"
    error = math.hypot(lower["std"], upper["std"])
    found = decide_within(over, error, limit=NOTHING, looks=looks)
    return "contradiction" if found.above else "equal"


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    quantity = Quantity(tuple(given["kinds"]), tuple(given["modalities"]))
    pair = frozen_pair(*opened_split(given), quantity)
    for estimator in given["estimators"]:
        yield estimate_row(*pair, estimator, given["transform"])


if __name__ == "__main__":
    serve(_compute)
