"""Projections of the codes as maps, and how far to believe them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.parts.maps import Panel, Places, steps
from app.parts.style import modality_colour
from mmmie.analysis.codes.projections import Projection

METHODS = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}


def code_places(
    invariant: Projection, specific: dict[str, Projection], modalities: list[str]
) -> Places:
    """The two rows of maps with one column per modality.

    Args:
        invariant: of the invariant codes of all modalities, (M · n, k), one after another.
        specific: modality → of its specific codes, (n, k).
    """
    common = steps(invariant.points).reshape(len(modalities), -1)
    buffers = {f"z {m}": common[i].tobytes() for i, m in enumerate(modalities)}
    buffers |= {f"s {m}": steps(specific[m].points).tobytes() for m in modalities}
    hues = {m: modality_colour(m, modalities) for m in modalities}
    upper = [
        Panel(
            f"z {m}",
            quality(invariant),
            hues[m],
            f"z {m}",
            projection="z",
            others=tuple((hues[o], o, f"z {o}") for o in modalities if o != m),
        )
        for m in modalities
    ]
    lower = [
        Panel(f"s {m}", quality(specific[m]), hues[m], f"s {m}", ring=True) for m in modalities
    ]
    dimensions = invariant.points.shape[1]
    return Places(tuple(upper + lower), len(modalities), dimensions, buffers, hues)


def fused_places(projection: Projection, modalities: list[str]) -> Places:
    """The map of what the head reads."""
    hue = modality_colour("fused", modalities)
    panel = Panel("fused", quality(projection), hue, "fused")
    buffers = {"fused": steps(projection.points).tobytes()}
    return Places((panel,), 1, projection.points.shape[1], buffers)


def quality(projection: Projection) -> str:
    """``PCA, 43% of variance, trust 0.91``: how far to believe a map."""
    parts = [METHODS[projection.method]]
    if projection.explained is not None:
        parts.append(f"{projection.explained:.0%} of variance")
    if projection.fitted is not None:
        parts.append(f"fitted on {projection.fitted:,}")
    if not np.isnan(projection.trustworthiness):
        parts.append(f"trust {projection.trustworthiness:.2f}")
    return ", ".join(parts)


def points_frame(
    frame: pd.DataFrame,
    invariant: Projection,
    specific: dict[str, Projection],
    fused: Projection,
    modalities: list[str],
) -> pd.DataFrame:
    """Every point of every map: `id`, `space`, `method`, `x`, `y` and in three dimensions `z`."""
    common = invariant.points.reshape(len(modalities), len(frame), -1)
    spaces = {f"invariant.{m}": (common[i], invariant.method) for i, m in enumerate(modalities)}
    spaces |= {f"specific.{m}": (specific[m].points, specific[m].method) for m in modalities}
    spaces["fused"] = (fused.points, fused.method)
    parts = [
        pd.DataFrame(
            {
                "id": frame["id"],
                "space": name,
                "method": how,
                **dict(zip("xyz", points.T, strict=False)),
            }
        )
        for name, (points, how) in spaces.items()
    ]
    return pd.concat(parts, ignore_index=True)
