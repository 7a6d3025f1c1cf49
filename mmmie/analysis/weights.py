"""How large a model is, read from the head of its file without building it."""

from __future__ import annotations

from math import prod
from pathlib import Path

from mmmie.errors import InputError

# what `MMMIE` and its encoders register as buffers: moments and constants, not trained
_BUFFERS = ("label_mean", "label_deviation", "keep", "standardise.mean", "standardise.deviation")


def parameter_count(checkpoint: Path) -> int:
    """The number of trained parameters of a checkpoint folder; reads no weights.

    Raises:
        InputError: the weights are missing or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    file = checkpoint / "model.safetensors"
    try:
        with safe_open(str(file), framework="np") as stream:
            return sum(
                prod(stream.get_slice(name).get_shape())
                for name in stream.keys()  # noqa: SIM118 - no mapping
                if not name.endswith(_BUFFERS)
            )
    except FileNotFoundError:
        raise InputError(f"{file}: is missing; a checkpoint needs it") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file}: is truncated or no safetensors file ({error})") from None
