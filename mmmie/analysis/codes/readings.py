"""The codes as they are read: their means, or samples of what the encoders say.

An encoder is stochastic, p(z | x) = N(mean, variance), and what the objective says of mutual
information holds for the sampled code. A reader that standardises the *means* also sees
differences far below the code's own noise, which no sample carries.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mmmie.analysis.outputs import SplitOutputs

Reading = Literal["means", "samples"]
READINGS: tuple[Reading, ...] = ("means", "samples")

DRAWS = 4
"""How many samples of every code are probed; results are means over them."""

KINDS = ("invariant", "specific")


def code_name(kind: str, modality: str) -> str:
    """The name of a code, as in `SplitOutputs.spaces`."""
    return f"{kind}.{modality}"


def read_codes(
    outputs: SplitOutputs, reading: Reading, seed: int = 0
) -> list[dict[str, np.ndarray]]:
    """The codes of a split under one reading.

    Args:
        reading: ``means``, or ``samples`` of N(mean, deviation²).

    Returns:
        One table ``<kind>.<modality>`` → (n, d) a draw: one for means and for deterministic
        encoders, `DRAWS` for samples.
    """
    names = [code_name(kind, modality) for kind in KINDS for modality in outputs.modalities]
    means = {name: outputs.spaces[name] for name in names}
    if reading == "means" or not outputs.deviations:
        return [means]
    random = np.random.default_rng(seed)
    return [
        {
            name: mean + outputs.deviations[name] * random.standard_normal(mean.shape)
            for name, mean in means.items()
        }
        for _ in range(DRAWS)
    ]
