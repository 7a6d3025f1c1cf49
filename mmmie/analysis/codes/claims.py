"""Which claims about the codes hold: what each shall and shall not hold, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mmmie.analysis.codes.readouts import KINDS, Contents, code_name
from mmmie.analysis.codes.speaker_probe import SpeakerTask
from mmmie.analysis.errors.resampling import sums_intervals
from mmmie.mi.verdict import decide

Wanted = Literal["present", "absent", "either"]
LABEL = "label"
LETTERS = {"invariant": "z", "specific": "s"}
SHARED, OWN, OTHERS = "shared latents", "own private latents", "others' private latents"
MODALITY, SPEAKER = "modality", "speaker"

_REPEATS = 1000


@dataclass(frozen=True)
class Claim:
    """What the objective wants of one kind of code.

    Attributes:
        wanted: whether the target is to be read from the code.
        limit: how much at least, or at most: R², or for accuracies how far from chance (0) to
            always right (1). NaN where nothing is claimed.
    """

    wanted: Wanted
    limit: float = float("nan")


CLAIMS: dict[tuple[str, str], Claim] = {
    ("invariant", SHARED): Claim("present", 0.85),
    ("invariant", OWN): Claim("absent", 0.15),
    ("invariant", OTHERS): Claim("absent", 0.15),
    ("invariant", LABEL): Claim("present", 0.0),
    ("invariant", MODALITY): Claim("absent", 0.175),  # 45 % of three modalities
    ("specific", SHARED): Claim("absent", 0.35),
    ("specific", OWN): Claim("present", 0.65),
    ("specific", OTHERS): Claim("absent", 0.15),
    ("specific", LABEL): Claim("either"),
    ("specific", MODALITY): Claim("present", 0.5),
    ("invariant", SPEAKER): Claim("either"),
    ("specific", SPEAKER): Claim("either"),
}
"""What is claimed, and the limits by which it is judged: those that this project set itself for
the demo corpus, not the paper's. Label and speaker in s are nobody's claim."""

COLUMNS = [
    "code", "kind", "modality", "target", "wanted", "limit", "value", "low", "high", "chance",
    "verdict", "worst", "worst_value",
]  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A row before it is measured: the mean over pairs of columns of a ratio of their sums."""

    kind: str
    modality: str | None
    target: str
    above: list[np.ndarray]
    below: list[np.ndarray]
    chance: float
    latents: list[str]


def leakage_table(
    contents: Contents,
    modalities: list[str],
    groups: np.ndarray,
    task: SpeakerTask | None = None,
    told_speaker: dict[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """What every code holds against what it is to hold.

    Latents count by their owner, ``latent_<owner>_…``; a row is a mean over latents. Which
    modality a code comes from is one row a kind, over all modalities: by guessing always the
    same a reader is right for one of them and tells nothing. The bootstrap draws conversations
    and keeps the fitted probes, so an interval says how sure the value is for these codes.

    Args:
        groups: (n,) integers, the conversation of every utterance.
        told_speaker: from `mmmie.analysis.codes.probes.speaker_told`.

    Returns:
        `code` (``z text``; ``z`` for all), `kind`, `modality` (missing for all), `target`,
        `wanted`, `limit` and `chance` in the unit of `value` (R² or accuracy), `value` with
        its 95 % interval `low`, `high` from draws of whole conversations, `verdict` (see
        `verdict_of`), and `worst`, `worst_value`: of several latents the one furthest from what
        is wanted, else missing. Targets that cannot be read are left out.
    """
    rows = list(_rows(contents, modalities, task, told_speaker or {}))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    columns: list[np.ndarray] = []
    places: list[tuple[list[int], list[int]]] = []
    for row in rows:
        first = len(columns)
        columns += [*row.above, *row.below]
        middle = first + len(row.above)
        places.append((list(range(first, middle)), list(range(middle, len(columns)))))

    def combine(sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = [(sums[..., a] / sums[..., b]).mean(-1) for a, b in places]
        return np.stack(shares, -1)

    found = sums_intervals(np.stack(columns, 1), combine, groups, repeats=_REPEATS)
    entries = []
    for row, interval in zip(rows, found, strict=True):
        value, low, high = interval.value, interval.low, interval.high
        if row.target not in (MODALITY, SPEAKER):  # what is missed, not what is explained
            value, low, high = 1 - value, 1 - high, 1 - low
        entries.append(_judged(row, value, low, high))
    return pd.DataFrame(entries, columns=COLUMNS)


def verdict_of(wanted: Wanted, limit: float, value: float, low: float, high: float) -> str:
    """What an interval says of a claim.

    Returns:
        ``holds`` or ``fails`` where the whole interval lies on one side of the limit,
        ``undecided`` where it does not or there is none, ``no claim`` where nothing is wanted.

    Example:
        >>> verdict_of("absent", 0.15, 0.05, 0.02, 0.11), verdict_of("present", 0.85, 0.9, 0.8, 0.9)
        ('holds', 'undecided')
    """
    if wanted == "either":
        return "no claim"
    found = decide(value, low, high, limit=limit)
    if not found.clear:
        return "undecided"
    return "holds" if found.above == (wanted == "present") else "fails"


def owner_of(latent: str, modalities: list[str]) -> str | None:
    """Whose a column ``latent_<owner>_…`` is: ``shared``, a modality, or None where unknown.

    Example:
        >>> owner_of("latent_shared_warmth", ["text"]), owner_of("latent_mood", ["text"])
        ('shared', None)
    """
    for owner in ("shared", *sorted(modalities, key=len, reverse=True)):
        if latent.startswith(f"latent_{owner}_"):
            return owner
    return None


def _rows(
    contents: Contents,
    modalities: list[str],
    task: SpeakerTask | None,
    told_speaker: dict[str, np.ndarray],
) -> Iterator[_Row]:
    one = np.ones(len(next(iter(contents.told.values()))))
    for kind in KINDS:
        for modality in modalities:
            name = code_name(kind, modality)
            for target, latents in _targets(contents, modality, modalities).items():
                above = [contents.missed[name][latent] for latent in latents]
                below = [contents.total[latent] for latent in latents]
                yield _Row(kind, modality, target, above, below, 0.0, latents)
            if task is not None and name in told_speaker:
                chance = task.chance or 0.0
                part = (task.who >= 0).astype(float)
                yield _Row(kind, modality, SPEAKER, [told_speaker[name]], [part], chance, [])
        if len(modalities) > 1:
            told = np.mean([contents.told[code_name(kind, m)] for m in modalities], axis=0)
            yield _Row(kind, None, MODALITY, [told], [one], 1 / len(modalities), [])


def _targets(contents: Contents, modality: str, modalities: list[str]) -> dict[str, list[str]]:
    """Target → the columns that are read for it, those left out that do not vary."""
    varying = [target for target, total in contents.total.items() if total.any()]
    owners = {t: owner_of(t, modalities) for t in varying if t != LABEL}
    targets = {
        SHARED: [t for t, owner in owners.items() if owner == "shared"],
        OWN: [t for t, owner in owners.items() if owner == modality],
        OTHERS: [t for t, owner in owners.items() if owner not in ("shared", modality, None)],
        LABEL: [t for t in varying if t == LABEL],
    }
    return {target: latents for target, latents in targets.items() if latents}


def _judged(row: _Row, value: float, low: float, high: float) -> dict[str, Any]:
    claim = CLAIMS[row.kind, row.target]
    limit = row.chance + claim.limit * (1 - row.chance)
    worst: tuple[str | None, float] = (None, float("nan"))
    if len(row.latents) > 1 and claim.wanted != "either":
        each = {
            latent: float(1 - above.sum() / below.sum())
            for latent, above, below in zip(row.latents, row.above, row.below, strict=True)
        }
        furthest = min if claim.wanted == "present" else max
        name = furthest(each, key=lambda latent: each[latent])
        worst = (name, each[name])
    return {
        "code": " ".join([LETTERS[row.kind], *([row.modality] if row.modality else [])]),
        "kind": row.kind,
        "modality": row.modality,
        "target": row.target,
        "wanted": claim.wanted,
        "limit": limit,
        "value": value,
        "low": low,
        "high": high,
        "chance": row.chance,
        "verdict": verdict_of(claim.wanted, limit, value, low, high),
        "worst": worst[0],
        "worst_value": worst[1],
    }
