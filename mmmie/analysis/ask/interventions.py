"""What happens when the identity terms are told something else, or context is hidden.

The model stays as trained; only what its identity embedding is told changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmmie.analysis.ask.intervention_names import INTERVENTIONS
from mmmie.model.identity import OTHER, SAME, Identity, identity_of
from mmmie.model.inference import Outputs, Windows, predict_windows
from mmmie.model.mmmie import MMMIE, Codes


@dataclass
class Told:
    """What a prediction is told: identity for (n, W) places, presence (n, W, M)."""

    identity: Identity
    presence: Tensor | None


def intervene(name: str, codes: Codes, windows: Windows, past: int, seed: int = 0) -> Told:
    """What the model is told under an intervention of `INTERVENTIONS`.

    Args:
        name: its key.
        codes: of the utterances of `windows`.
        windows: the windows.
        past: the place of the target in a window.
        seed: of the shuffled roles.
    """
    truth = identity_of(windows.relation, codes.present.device)
    role, relation = truth.role, truth.relation
    assert role is not None and relation is not None
    if name == "off":
        return Told(Identity(None, None, modality=False), None)
    if name == "no_role":
        return Told(Identity(None, relation), None)
    if name == "no_speaker":
        return Told(Identity(role, None), None)
    if name == "no_modality":
        return Told(Identity(role, relation, modality=False), None)
    if name == "swap_speaker":
        swapped = torch.where(relation == SAME, OTHER, relation)
        swapped = torch.where(relation == OTHER, SAME, swapped)
        swapped[:, past] = relation[:, past]
        return Told(Identity(role, swapped), None)
    if name == "shuffle_roles":
        shuffled = torch.from_numpy(_shuffled_roles(windows.window, past, seed)).to(role.device)
        return Told(Identity(shuffled, relation), None)
    if name == "no_context":
        only = torch.zeros(role.shape, dtype=torch.bool, device=role.device)
        only[:, past] = True
        there = torch.from_numpy(np.maximum(windows.window, 0)).to(role.device)
        return Told(truth, (codes.present[there] & only[..., None]).float())
    raise ValueError(f"no intervention {name!r}; known: {', '.join(INTERVENTIONS)}")


def predict_under(
    name: str, model: MMMIE, codes: Codes, windows: Windows, *, attention: bool = False
) -> Outputs:
    """Predictions under an intervention, or as trained if `name` is ``trained``."""
    if name == "trained":
        return predict_windows(model, codes, windows, attention=attention)
    told = intervene(name, codes, windows, model.settings.context.span[0])
    return predict_windows(
        model, codes, windows, identity=told.identity, presence=told.presence, attention=attention
    )


def _shuffled_roles(window: np.ndarray, past: int, seed: int) -> np.ndarray:
    """Roles permuted among the neighbours that are there, separately for every target."""
    random = np.random.default_rng(seed).random(window.shape)
    neighbour = window >= 0
    neighbour[:, past] = False
    # Ranking random keys among the neighbours alone permutes exactly their places.
    keys = np.where(neighbour, random, np.inf)
    places = np.where(neighbour, np.arange(window.shape[1]), window.shape[1])
    source = np.argsort(keys, axis=1, kind="stable")
    target = np.sort(places, axis=1)
    roles = np.tile(np.arange(window.shape[1]), (len(window), 1))
    rows, columns = np.nonzero(target < window.shape[1])
    roles[rows, target[rows, columns]] = source[rows, columns]
    return roles
