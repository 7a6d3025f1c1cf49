"""The loss over a whole batch, of which every process makes its share."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from mmmie.model.batch import Batch, Codes, Output
from mmmie.model.features import FeatureStore
from mmmie.model.identity import identity_of
from mmmie.model.mmmie import MMMIE
from mmmie.model.prepared import PreparedStore
from mmmie.training.batches import Step
from mmmie.training.devices.distribution import Ranks
from mmmie.training.devices.precision import compiled
from mmmie.training.objective.objective import Objective


class Replica(nn.Module):
    """Model and objective as one module, for DistributedDataParallel; `labels` is (N,)."""

    def __init__(
        self,
        model: MMMIE,
        objective: Objective,
        ranks: Ranks,
        store: FeatureStore | PreparedStore,
        labels: Tensor,
        *,
        compile: bool = False,
    ) -> None:
        super().__init__()
        self.model, self.objective = model, objective
        self.ranks, self.store, self._labels = ranks, store, labels
        self._encode = compiled(model.encode, compile)
        self._forward = compiled(model.forward, compile)

    def forward(self, step: Step) -> tuple[dict[str, Tensor], Codes]:
        """The terms of the loss by name, and the codes of the batch outside of the graph."""
        output = self.output(step)
        labels = self._labels[torch.from_numpy(step.targets).to(self._labels.device)]
        with torch.autocast(labels.device.type, enabled=False):  # logarithms, variances, sums
            deviation = self.model.label_deviation
            terms = {"task": self.objective.task(output.prediction, labels, deviation)}
            terms.update(self.objective(output.codes))
        return terms, output.codes.map(Tensor.detach)

    def output(self, step: Step) -> Output:
        """What the model says about the whole batch: the same on every rank, with gradients."""
        own, whole = self.ranks.own, step.windows
        codes = self._encode(self.store.gather(own(whole.rows)))
        codes = self.ranks.whole_codes(codes, len(whole.rows))
        window = torch.from_numpy(own(whole.window)).to(self._labels.device)
        identity = identity_of(own(whole.relation), self._labels.device)
        output: Output = self._forward(Batch(codes, window, identity))
        return replace(output, prediction=self.ranks.whole(output.prediction, len(step.targets)))
