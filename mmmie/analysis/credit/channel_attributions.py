"""What every input channel of an utterance adds to its own prediction: integrated gradients.

Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", equation 1: the
features go in a straight line from a baseline to what they are, and every channel collects the
gradient of the prediction along the way. The baseline is the mean of the train split, which is
zero after standardising: an utterance whose channels are all usual. Neighbours stay as they are.

The attributions of all modalities add up to f(x) − f(baseline) (their Proposition 1) but for
the error of the numerical integral, which is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.analysis.credit.contributions import chosen_class
from mmmie.corpus import Corpus, Modality
from mmmie.errors import InputError
from mmmie.model.batch import Batch, Codes
from mmmie.model.features import FeatureStore, Inputs
from mmmie.model.identity import identity_of
from mmmie.model.mmmie import MMMIE

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint

STEPS = 64
"""Points of the Gauss-Legendre rule along the straight line."""

INSTALL = "integrated gradients need Captum, which is not installed: pip install captum"


@dataclass(frozen=True)
class ChannelAttributions:
    """What the channels of one utterance add.

    Attributes:
        class_name: the class whose probability is explained, None for regression.
        start: the prediction at the baseline.
        prediction: at the utterance as it is.
        gap: the sum of all attributions minus ``prediction - start``, in the same unit.
        values: modality → (L, d), one row per step; (1, d) at utterance level. A modality that
            the utterance lacks is left out.
    """

    class_name: str | None
    start: float
    prediction: float
    gap: float
    values: dict[str, np.ndarray]


def captum_is_installed() -> bool:
    """Whether `channel_attributions` can run; nothing is imported."""
    from importlib.util import find_spec

    return find_spec("captum") is not None


def channel_attributions(
    checkpoint: Checkpoint,
    corpus: Corpus,
    row: int,
    class_name: str | None = None,
    *,
    steps: int = STEPS,
) -> ChannelAttributions:
    """Integrated gradients of one prediction with respect to the target's own features.

    Args:
        class_name: the class to explain; the predicted one if left out.

    Raises:
        InputError: Captum is not installed, the class is unknown or the utterance has no
            features that the model reads.
    """
    if not captum_is_installed():
        raise InputError(INSTALL)
    from captum.attr import IntegratedGradients

    model, asker = checkpoint.model, Asker(checkpoint, corpus)
    corpus = asker.corpus
    target = _Target(model, asker, row, checkpoint.device)
    if not target.features:
        name = corpus.utterances["id"].iloc[row]
        raise InputError(
            f"{corpus.where}: utterance {name!r} has no features of {', '.join(model.modalities)}"
            f", so there is nothing to explain; name another"
        )
    inputs = tuple(target.features.values())
    baselines = tuple(
        model.encoder_of(name).encoder.standardise.mean.expand_as(x)
        for name, x in target.features.items()
    )
    with torch.no_grad():
        before, after = target.predict(*baselines)[0], target.predict(*inputs)[0]
    class_name = chosen_class(model, after.cpu().numpy(), class_name)
    place = 0 if class_name is None else (model.label.classes or ()).index(class_name)
    found = IntegratedGradients(target.predict).attribute(
        inputs, baselines, target=place, n_steps=steps
    )
    values = {
        name: attributed[0].detach().cpu().double().numpy().reshape(-1, attributed.shape[-1])
        for name, attributed in zip(target.features, found, strict=True)
    }
    start, prediction = float(before[place]), float(after[place])
    total = sum(float(v.sum()) for v in values.values())
    return ChannelAttributions(class_name, start, prediction, total - (prediction - start), values)


class _Target:
    """The prediction of one utterance as a function of its own features.

    Attributes:
        features: modality → (1, d), or (1, L, d) without padding; those that it has.
    """

    def __init__(self, model: MMMIE, asker: Asker, row: int, device: str) -> None:
        window, relation = asker.window(np.array([row]))
        around = np.unique(window[window >= 0])
        store = FeatureStore(asker.corpus.select(around), list(model.modalities), device)
        inputs = store.gather(np.arange(len(around)))
        at = int(np.searchsorted(around, row))
        index = np.where(window >= 0, np.searchsorted(around, window), -1)
        self._model, self._past = model, asker.past
        self._window = torch.from_numpy(index).to(device)
        self._relation = torch.from_numpy(relation).to(device)
        self._own = inputs.present[at]
        with torch.no_grad():
            self._codes = model.encode(inputs)
        self.features: dict[str, Tensor] = {}
        for name, own in zip(model.modalities, self._own.tolist(), strict=True):
            if own:
                x = inputs.values[name][at : at + 1]
                lengths = inputs.lengths.get(name)
                self.features[name] = x if lengths is None else x[:, : int(lengths[at])]

    def predict(self, *features: Tensor) -> Tensor:
        """The prediction with `features` in the place of its own, in a batch of B.

        Args:
            features: (B, d) or (B, L, d) each, in the order of `self.features`.

        Returns:
            (B, 1) in label units, or (B, classes) probabilities.
        """
        batch, device = len(features[0]), features[0].device
        own = self._model.encode(self._inputs(features))
        window = self._window.repeat(batch, 1)
        window[:, self._past] = len(self._codes.present) + torch.arange(batch, device=device)
        identity = identity_of(self._relation.expand(batch, -1), device)
        output = self._model(Batch(Codes.cat([self._codes, own]), window, identity)).prediction
        return output[:, None] if output.dim() == 1 else output.softmax(1)

    def _inputs(self, features: tuple[Tensor, ...]) -> Inputs:
        batch, device = len(features[0]), features[0].device
        values = dict(zip(self.features, features, strict=True))
        lengths = {}
        for name, modality in self._model.modalities.items():
            if modality.level == "sequence":
                # An encoder wants at least one step, also of what is absent and will not be read.
                x = values.setdefault(name, torch.zeros(batch, 1, modality.dim, device=device))
                steps = x.shape[1] if name in self.features else 0
                lengths[name] = torch.full((batch,), steps, device=device)
        return Inputs(values, lengths, self._own.expand(batch, -1))


UNNAMED = "unnamed"
"""How the name of the column ends that sums the channels without a name of their own."""


def channel_steps(modality: Modality, values: np.ndarray) -> pd.DataFrame:
    """The attributions of one modality by channel and step, unnamed channels together.

    Args:
        values: (L, d) from `channel_attributions`.

    Returns:
        One row per step; one column per channel with a name of its own, in the order of the corpus,
        then one that sums all others, such as ``29 unnamed``. All cells sum to the modality's
        share of the prediction.
    """
    named = readable_channels(modality, most=modality.dim)
    table = pd.DataFrame(
        values[:, named], columns=[(modality.channels or ())[channel] for channel in named]
    )
    others = np.setdiff1d(np.arange(modality.dim), named)
    if len(others):
        table[f"{len(others)} {UNNAMED}"] = values[:, others].sum(1)
    return table
