"""A trained model as one program that torch runs alone, without this package."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmmie.errors import InputError
from mmmie.files import explained, replacing
from mmmie.model.batch import Batch
from mmmie.model.features import Inputs
from mmmie.model.identity import identity_of
from mmmie.model.mmmie import MMMIE

FACTS = "mmmie.json"
"""The name of what an exported program says of itself, among its extra files."""

Arguments = tuple[dict[str, Tensor], dict[str, Tensor], Tensor, Tensor, Tensor]


class Program(nn.Module):
    """The model with plain tensors in and out, in evaluation mode."""

    def __init__(self, model: MMMIE) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).cpu().eval()
        self.model.text_encoder = None  # it takes features, not transcripts

    def forward(
        self,
        features: dict[str, Tensor],
        lengths: dict[str, Tensor],
        present: Tensor,
        window: Tensor,
        relation: Tensor,
    ) -> dict[str, Tensor]:
        """Predict T targets from the U utterances in their windows.

        Args:
            features: modality → (U, d_m) at utterance level, (U, L_m, d_m) padded at sequence
                level.
            lengths: modality at sequence level → (U,) int64, how many steps are real.
            present: (U, M) bool, False where an utterance lacks a modality.
            window: (T, W) int64, the places of the utterances of every window among the U; -1
                where there is none. The target stands at place `past`.
            relation: (T, W) int64, 0 where the same speaker as the target's speaks, 1 another, 2
                unknown.

        Returns:
            `prediction` (T,) in label units, or (T, classes) logits; `shared` (U, M, d_z) and
            `own` (U, M, d_s), the means of the codes; `fused` (T, d), what the prediction is read
            from.
        """
        inputs = Inputs(features, lengths, present)
        output = self.model(Batch(inputs, window, identity_of(relation, window.device)))
        return {
            "prediction": output.prediction,
            "shared": output.codes.invariant.mean,
            "own": output.codes.specific.mean,
            "fused": output.fused.representation,
        }


def arguments_of(batch: Batch) -> Arguments:
    """What an exported program takes, from the batch that the model takes.

    Args:
        batch: from `Checkpoint.batch`; its features are not encoded yet.
    """
    inputs, relation = batch.inputs, batch.identity.relation
    assert isinstance(inputs, Inputs) and relation is not None
    return inputs.values, inputs.lengths, inputs.present, batch.window, relation


def export_program(model: MMMIE, file: Path, facts: dict[str, Any]) -> None:
    """Write the model as a program of `torch.export`, for any number of utterances and steps.

    Args:
        facts: what the program is to say of itself besides its modalities, label and window.

    Raises:
        InputError: its folder does not exist, or it cannot be written.
    """
    if not file.absolute().parent.is_dir():
        raise InputError(f"{file}: its folder does not exist; make it or name another file")
    past, future = model.settings.context.span
    known = {
        **facts,
        "modalities": {
            name: {"level": m.level, "dim": m.dim} for name, m in model.modalities.items()
        },
        "label": {key: value for key, value in asdict(model.label).items() if value is not None},
        "past": past,
        "future": future,
    }
    arguments = _example(model)
    with torch.no_grad():
        program = torch.export.export(Program(model), arguments, dynamic_shapes=_free(model))
    with explained(file), replacing(file) as unfinished, unfinished.open("wb") as out:
        torch.export.save(program, out, extra_files={FACTS: json.dumps(known, indent=1)})


def _example(model: MMMIE) -> Arguments:
    """Arguments of the right kinds; no size that may change is 1, which torch would keep."""
    utterances, targets, steps = 5, 3, 7
    past, future = model.settings.context.span
    features, lengths = {}, {}
    for name, modality in model.modalities.items():
        if modality.level == "sequence":
            features[name] = torch.zeros(utterances, steps, modality.dim)
            lengths[name] = torch.full((utterances,), steps)
        else:
            features[name] = torch.zeros(utterances, modality.dim)
    place = torch.zeros(targets, past + 1 + future, dtype=torch.int64)
    return features, lengths, torch.ones(utterances, len(features)).bool(), place, place.clone()


def _free(model: MMMIE) -> tuple[Any, ...]:
    """Which sizes may change: U, T, and L of every modality at sequence level."""
    dim = torch.export.Dim
    utterances, targets = dim("utterances"), dim("targets")
    features: dict[str, dict[int, Any]] = {name: {0: utterances} for name in model.modalities}
    lengths = {}
    for number, (name, modality) in enumerate(model.modalities.items()):
        if modality.level == "sequence":
            features[name][1] = dim(f"steps_{number}")
            lengths[name] = {0: utterances}
    return features, lengths, {0: utterances}, {0: targets}, {0: targets}
