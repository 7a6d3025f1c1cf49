"""Baselines: what much simpler models reach on the same corpus.

All are fitted on the train split; the valid split chooses penalties, epochs and weights by the
primary metric, as it chooses the epoch of the model. So metrics on valid flatter them too.
"""

from mmmie.baselines.registry import (
    BASELINES,
    Baseline,
    baseline_names,
    is_deterministic,
    predict,
)

__all__ = ["BASELINES", "Baseline", "baseline_names", "is_deterministic", "predict"]
