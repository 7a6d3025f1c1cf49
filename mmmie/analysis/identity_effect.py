"""What the identity embedding does: metrics and shifts under every intervention."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.analysis.slices import slices
from mmmie.corpus import Corpus
from mmmie.metrics import metrics_for


def identity_effect(corpus: Corpus, outputs: SplitOutputs) -> dict[str, Any]:
    """The report of ``mmmie identity``.

    `mean_abs_shift` is the mean absolute change of the prediction, in label units; for
    classes the mean total variation distance between the class probabilities, 0 to 1.

    Returns:
        ``trained`` → metrics, ``interventions`` → name → metrics and shift, ``slices`` →
        ``column=value`` → the same two for that part.
    """
    everything = np.ones(len(outputs.rows), bool)
    report = _effect(corpus, outputs, everything)
    report["slices"] = {
        name: {"n": int(mask.sum()), **_effect(corpus, outputs, mask)}
        for name, mask in slices(corpus, outputs.rows)
    }
    return report


def prediction_shift(outputs: SplitOutputs, variant: str) -> np.ndarray:
    """How far each prediction moves under an intervention (n,), see `identity_effect`."""
    difference = np.abs(outputs.output[variant] - outputs.output[TRAINED])
    return difference if difference.ndim == 1 else difference.sum(1) / 2


def _effect(corpus: Corpus, outputs: SplitOutputs, mask: np.ndarray) -> dict[str, Any]:
    targets = corpus.targets[outputs.rows][mask]
    return {
        "trained": metrics_for(corpus.label, outputs.output[TRAINED][mask], targets),
        "interventions": {
            name: {
                **metrics_for(corpus.label, outputs.output[name][mask], targets),
                "mean_abs_shift": float(prediction_shift(outputs, name)[mask].mean()),
            }
            for name in INTERVENTIONS
        },
    }
