"""What the model takes and what it gives: a batch, its codes, its predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmmie.model.encoders import Code
from mmmie.model.features import Inputs, Prepared
from mmmie.model.fusion import Fused
from mmmie.model.identity import Identity


@dataclass
class Codes:
    """What the encoders make of U utterances.

    Attributes:
        invariant: codes z that modalities are to share, each (U, M, d_z).
        specific: codes s of what is a modality's own, each (U, M, d_s).
        summaries: per modality (U, d), the standardised features that z and s reconstruct.
        present: (U, M) bool.
    """

    invariant: Code
    specific: Code
    summaries: list[Tensor]
    present: Tensor

    def map(self, change: Callable[[Tensor], Tensor]) -> Codes:
        """The codes with every tensor changed in the same way."""
        return Codes(
            self.invariant.map(change),
            self.specific.map(change),
            [change(summary) for summary in self.summaries],
            change(self.present),
        )

    @staticmethod
    def cat(parts: list[Codes]) -> Codes:
        """The codes of several sets of utterances, one after the other."""
        return Codes(
            Code.cat([part.invariant for part in parts]),
            Code.cat([part.specific for part in parts]),
            [torch.cat(s) for s in zip(*(part.summaries for part in parts), strict=True)],
            torch.cat([part.present for part in parts]),
        )


@dataclass
class Batch:
    """T targets and the U utterances in their windows: what `MMMIE.forward` takes.

    `Checkpoint.batch` makes one from a corpus and row numbers.

    Attributes:
        inputs: features of the U utterances, or their codes where they are encoded already.
        window: (T, W) int64, indices into the U utterances, -1 where there is none; W is past +
            1 + future, and the target stands at place `past`.
        identity: what the identity terms are told about every place.
        presence: which tokens may be read, (U, M) or (T, W, M) in [0, 1]; all that the utterances
            have if left out.
    """

    inputs: Inputs | Prepared | Codes
    window: Tensor
    identity: Identity
    presence: Tensor | None = None

    def part(self, start: int, stop: int) -> Batch:
        """The targets from `start` to `stop`, and of encoded utterances those in their windows."""
        window, presence = self.window[start:stop], self.presence
        if presence is not None and presence.dim() == 3:
            presence = presence[start:stop]
        inputs = self.inputs
        if isinstance(inputs, Codes) and len(window) < len(self.window):
            rows, local = window.clamp(min=0).unique(return_inverse=True)
            window = torch.where(window < 0, window, local)
            inputs = inputs.map(lambda values: values[rows])
            presence = presence[rows] if presence is not None and presence.dim() == 2 else presence
        return Batch(inputs, window, self.identity.part(start, stop), presence)


@dataclass
class Output:
    """What the model says about a batch.

    Attributes:
        codes: of the U utterances.
        prediction: (T,) in label units for regression, (T, classes) logits otherwise.
        fused: representation (T, d) that the head reads, and attention (T, W, M).
    """

    codes: Codes
    prediction: Tensor
    fused: Fused
