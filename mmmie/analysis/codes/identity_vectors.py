"""The learned identity vectors: what every term adds to a token, and what order is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.context_use import RELATIONS
from mmmie.mi.verdict import widened
from mmmie.model.config import IDENTITY_DEVIATION

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint

_SHUFFLES = 2000
_FEWEST_ROLES = 5  # fewer have too few orders for a test


@dataclass(frozen=True)
class RoleOrder:
    """Whether roles that are near in time have like vectors.

    Attributes:
        correlation: of cosine and nearness in time over all pairs of roles.
        chance: share of 2,000 random orders of the roles with as high a correlation, the
            one-sided p of a Mantel test.
    """

    correlation: float
    chance: float


def identity_vectors(checkpoint: Checkpoint) -> tuple[pd.DataFrame, np.ndarray]:
    """The vectors of the terms that a checkpoint was trained with.

    Returns:
        One row a vector: `term`, `name`, `offset` to the target (missing but for roles) and
        `norm`; and the vectors (k, d). Both are empty where there is no identity.

    Example:
        >>> from mmmie import load_checkpoint
        >>> table, vectors = identity_vectors(load_checkpoint("checkpoints/demo"))
        >>> table["name"].tolist()[5:9], vectors.shape
        (['-1', 'target', '+1', '+2'], (16, 64))
    """
    from safetensors import safe_open

    info = checkpoint.info
    past, _ = info.config.model.context.span
    entries: list[tuple[str, str, float]] = []
    vectors = []
    with safe_open(str(info.folder / "model.safetensors"), framework="np") as weights:
        for term in ("role", "speaker", "modality"):
            if not info.config.model.identity.uses(term):
                continue
            rows = weights.get_tensor(f"identity.{term}.weight").astype(np.float64)
            vectors.append(rows)
            if term == "role":
                offsets = np.arange(len(rows)) - past
                entries += [(term, f"{o:+d}" if o else "target", float(o)) for o in offsets]
            else:
                names = RELATIONS if term == "speaker" else tuple(info.modalities)
                entries += [(term, name, float("nan")) for name in names]
    table = pd.DataFrame(entries, columns=["term", "name", "offset"])
    held = np.concatenate(vectors) if vectors else np.empty((0, 0))
    return table.assign(norm=np.linalg.norm(held, axis=1)), held


def cosines(vectors: np.ndarray) -> np.ndarray:
    """The cosine of every pair of vectors (k, d), (k, k); 0 for a vector of length 0."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found: np.ndarray = unit @ unit.T
    return found


def chance_cosine(dimensions: int) -> float:
    """What nineteen of twenty pairs of random directions stay below, in absolute cosine."""
    return float(1.96 / np.sqrt(dimensions))


def starting_norms(dimensions: int, vectors: int) -> tuple[float, float]:
    """Between which norms all of so many vectors lie where training starts, in 19 of 20 runs.

    A vector of d normal entries has a norm of about √d standard deviations, ± 1/√2 of one.
    """
    middle, spread = np.sqrt(dimensions), 1.96 / np.sqrt(2) * widened(vectors)
    return float(IDENTITY_DEVIATION * (middle - spread)), float(
        IDENTITY_DEVIATION * (middle + spread)
    )


def role_order(roles: np.ndarray, seed: int = 0) -> RoleOrder | None:
    """Test whether the vectors of roles (k, d), in order of time, are the more alike the nearer.

    Mantel's test: the correlation of cosine with nearness over pairs, against that of orders
    drawn at random, since pairs that share a role are not independent.

    Returns:
        None for fewer than five roles.
    """
    count = len(roles)
    if count < _FEWEST_ROLES:
        return None
    first, second = np.triu_indices(count, 1)
    alike, nearness = cosines(roles), (second - first) * -1.0
    found = _correlation(alike[first, second], nearness)
    random = np.random.default_rng(seed)
    orders = random.permuted(np.tile(np.arange(count), (_SHUFFLES, 1)), axis=1)
    drawn = _correlation(alike[orders[:, first], orders[:, second]], nearness)
    return RoleOrder(float(found), float((1 + (drawn >= found).sum()) / (1 + _SHUFFLES)))


def _correlation(values: np.ndarray, nearness: np.ndarray) -> np.ndarray:
    """Pearson's correlation over the last axis, (...,)."""
    x = values - values.mean(-1, keepdims=True)
    y = nearness - nearness.mean()
    scale = np.sqrt((x**2).sum(-1) * (y**2).sum())
    found: np.ndarray = (x * y).sum(-1) / np.maximum(scale, 1e-12)
    return found
