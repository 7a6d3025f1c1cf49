"""The estimators of mutual information: what is known of each without loading it.

A new estimator is a class in a file of its own in `mmmie/mi/estimators` and an entry here. Its name
is then known to `estimate`, to `mmmie mi`, to the pages and, where it is `trained`, to the training
objective. torch is not loaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from mmmie.errors import InputError

Bound = Literal["lower", "upper", "neither"]
Learns = Literal["critic", "conditional", "nothing"]


@dataclass(frozen=True)
class Facts:
    """What is known of an estimator.

    Attributes:
        name: what it is called in code, on the command line and in addresses.
        title: what it is called on pages.
        path: module and class, such as ``mmmie.mi.estimators.club.CLUB``.
        bound: what its expected value is of I(x; y), if no option adds to what it knows.
        learns: a critic of pairs (x, y), a conditional q(y | x), or nothing by steps.
        how: how it works, in half a line.
        to_know: what to know before believing it, in half a line.
        paper: where it was published.
        assumes: what the bound needs besides pairs drawn independently; None if nothing.
        capped: whether ln B is the most that it can say in batches of B pairs.
        exponential: whether it rests on the mean of exp(score) over other pairs, of which a few
            can outweigh all others.
        exact: on which data it is I(x; y) itself once nothing is left to learn: always, where x
            and y are Gaussian, or never.
        most_dimensions: of x and y together, beyond which it sees too little; None if any will do.
        takes: options of `estimate` for this estimator, besides the kind of what it learns.
        other_names: that are understood too.
        trained: whether the training objective offers it: a lower bound to maximise with a static
            `objective` and `terms` of scores, an upper one to minimise with `terms` of a Gaussian
            conditional.
        bias: why it is off the truth even with nothing left to learn; empty if it is not.
    """

    name: str
    title: str
    path: str
    bound: Bound
    learns: Learns
    how: str
    to_know: str
    paper: str
    assumes: str | None = None
    capped: bool = False
    exponential: bool = False
    exact: Literal["always", "gaussian", "never"] = "never"
    most_dimensions: int | None = None
    takes: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    trained: bool = False
    bias: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `estimate` that are not for every estimator."""
        return self.takes if self.learns == "nothing" else (self.learns, *self.takes)

    def ceiling(self, batch_size: int) -> float | None:
        """The most in nats that a batch can give; None where there is no such limit."""
        return math.log(batch_size) if self.capped else None

    @property
    def class_name(self) -> str:
        """The last part of `path`."""
        return self.path.rpartition(".")[2]

    def load(self) -> Any:
        """The class, a subclass of `mmmie.mi.estimator.Estimator`; loads torch."""
        return getattr(import_module(self.path.rpartition(".")[0]), self.class_name)


SMILE_CLIP = 5.0
"""Scores are clipped to ± this in the normaliser of SMILE: the value that its paper recommends."""

_HERE = "mmmie.mi.estimators"
_Q_FITS = "its learned conditional q(y | x) fits"
_SHUFFLED = (
    "It compares joint pairs with shuffled ones, where ln q(y | x) is on average below ln p(y): an "
    "upper bound even when q is exact, and a loose one."
)

CATALOGUE: dict[str, Facts] = {
    facts.name: facts
    for facts in (
        Facts(
            "infonce",
            "InfoNCE",
            f"{_HERE}.infonce.InfoNCE",
            "lower",
            "critic",
            how="a critic picks the partner out of a batch",
            to_know="low variance, never above ln B",
            paper="van den Oord et al. 2018 (arXiv 1807.03748)",
            capped=True,
            trained=True,
        ),
        Facts(
            "nwj",
            "NWJ",
            f"{_HERE}.nwj.NWJ",
            "lower",
            "critic",
            how="a critic learns the log-ratio of densities itself",
            to_know="no ceiling; noise grows with the information",
            paper="Nguyen et al. 2010 (arXiv 0809.0853)",
            exponential=True,
            exact="always",
            trained=True,
        ),
        Facts(
            "dv",
            "DV (MINE)",
            f"{_HERE}.dv.DV",
            "lower",
            "critic",
            how="a critic, normalised over the batch",
            to_know="no ceiling; noise grows with the information",
            paper="Belghazi et al. 2018 (arXiv 1801.04062)",
            exponential=True,
            exact="always",
            other_names=("mine",),
            trained=True,
        ),
        Facts(
            "smile",
            "SMILE",
            f"{_HERE}.smile.SMILE",
            "lower",
            "critic",
            how="DV with a clipped normaliser",
            to_know="less noise; too large once scores exceed its clip",
            paper="Song and Ermon 2020 (arXiv 1910.06222)",
            assumes=f"scores stay within ±{SMILE_CLIP:.0f} nats",
            trained=True,
            bias=f"Its normaliser is clipped at ±{SMILE_CLIP:.0f} nats, so it is too small, and "
            "the value too large, where scores go further.",
        ),
        Facts(
            "js",
            "JS",
            f"{_HERE}.js.JS",
            "lower",
            "critic",
            how="a critic learned as a classifier, valued as NWJ",
            to_know="no ceiling; noise grows with the information",
            paper="Hjelm et al. 2019 (arXiv 1808.06670)",
            exponential=True,
            exact="always",
            trained=True,
        ),
        Facts(
            "club",
            "CLUB",
            f"{_HERE}.club.CLUB",
            "upper",
            "conditional",
            how="a learned q(y | x), joint pairs against all others",
            to_know="holds as far as the learned q(y | x) fits; loose",
            paper="Cheng et al. 2020 (arXiv 2006.12013)",
            assumes=_Q_FITS,
            trained=True,
            bias=_SHUFFLED,
        ),
        Facts(
            "vclub-s",
            "vCLUB-S",
            f"{_HERE}.vclub_s.VCLUBS",
            "upper",
            "conditional",
            how="CLUB with one other pair for every joint one",
            to_know="holds as far as the learned q(y | x) fits; loose and noisy",
            paper="Cheng et al. 2020 (arXiv 2006.12013)",
            assumes=_Q_FITS,
            other_names=("vclubs",),
            trained=True,
            bias=_SHUFFLED,
        ),
        Facts(
            "l1out",
            "L1Out",
            f"{_HERE}.l1out.L1Out",
            "upper",
            "conditional",
            how="a learned q(y | x) against that of the others",
            to_know="holds as far as the learned q(y | x) fits; tighter than CLUB",
            paper="Poole et al. 2019 (arXiv 1905.06922)",
            assumes=_Q_FITS,
            trained=True,
            bias="It makes p(y) up from the conditionals of the rest of the batch, which are too "
            "few for so much information.",
        ),
        Facts(
            "vub",
            "VUB",
            f"{_HERE}.vub.VUB",
            "upper",
            "conditional",
            how="a learned q(y | x) against a fixed Gaussian",
            to_know="holds as far as the learned q(y | x) fits; exact where y is Gaussian",
            paper="Alemi et al. 2017 (arXiv 1612.00410)",
            exact="gaussian",
            assumes=_Q_FITS,
            trained=True,
        ),
        Facts(
            "ba",
            "BA",
            f"{_HERE}.ba.BA",
            "neither",
            "conditional",
            how="a learned q(y | x) and the entropy of y",
            to_know="an estimate; a lower bound only where H(y) is known (`entropy_y=`)",
            paper="Barber and Agakov 2003",
            exact="gaussian",
            assumes="y is Gaussian, since its entropy was not given",
            takes=("entropy_y",),
        ),
        Facts(
            "doe",
            "DoE",
            f"{_HERE}.doe.DoE",
            "neither",
            "conditional",
            how="the difference of two entropies",
            to_know="two learned densities, which both have to fit",
            paper="McAllester and Stratos 2020 (arXiv 1811.04251)",
            exact="gaussian",
            assumes="its learned q(y | x) and q(y) both fit",
        ),
        Facts(
            "ksg",
            "KSG",
            f"{_HERE}.ksg.KSG",
            "neither",
            "nothing",
            how="distances to nearest neighbours",
            to_know="far too low in many dimensions",
            paper="Kraskov et al. 2004 (arXiv cond-mat/0305641)",
            assumes="the density hardly changes within reach of 5 neighbours",
            most_dimensions=6,
        ),
        Facts(
            "cca",
            "CCA (Gaussian)",
            f"{_HERE}.cca.CCA",
            "neither",
            "nothing",
            how="correlations, as if all were Gaussian",
            to_know="sees what is linear, in no time",
            paper="Hotelling 1936",
            exact="gaussian",
            assumes="x and y are jointly Gaussian",
            other_names=("gaussian",),
        ),
    )
}
"""By name: lower bounds first, then upper bounds, then those that are neither."""


def find(name: str) -> Facts:
    """The estimator of a name; capitals, `_` for `-` and other names are understood.

    Raises:
        InputError: no estimator has this name; the message lists those there are.

    Example:
        >>> find("MINE").title, find("vCLUB_S").bound
        ('DV (MINE)', 'upper')
    """
    plain = name.lower().replace("_", "-")
    if plain in CATALOGUE:
        return CATALOGUE[plain]
    for facts in CATALOGUE.values():
        if plain.replace("-", "") in facts.other_names:
            return facts
    raise InputError(f"estimator `{name}` is unknown; use one of {', '.join(CATALOGUE)}")


def trained(bound: Bound) -> Iterator[Facts]:
    """Those that the training objective offers, on one side of the truth."""
    return (facts for facts in CATALOGUE.values() if facts.trained and facts.bound == bound)
