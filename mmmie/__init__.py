"""MMMIE: multimodal sentiment with mutual information and identity embedding.

The names below load what they need when they are first used, so that importing the package
stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie import mi
    from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
    from mmmie.corpus import Corpus
    from mmmie.datasets import load_corpus
    from mmmie.errors import InputError
    from mmmie.hub import from_pretrained, push_to_hub, save_pretrained
    from mmmie.training.config import Config, load_config
    from mmmie.training.run import train

__version__ = "0.1.0"
__all__ = [
    "Checkpoint",
    "Config",
    "Corpus",
    "InputError",
    "from_pretrained",
    "load_checkpoint",
    "load_config",
    "load_corpus",
    "mi",
    "push_to_hub",
    "save_pretrained",
    "train",
]

_HOMES = {
    "Checkpoint": "mmmie.analysis.checkpoint",
    "Config": "mmmie.training.config",
    "Corpus": "mmmie.corpus",
    "InputError": "mmmie.errors",
    "from_pretrained": "mmmie.hub",
    "load_checkpoint": "mmmie.analysis.checkpoint",
    "load_config": "mmmie.training.config",
    "load_corpus": "mmmie.datasets",
    "push_to_hub": "mmmie.hub",
    "save_pretrained": "mmmie.hub",
    "train": "mmmie.training.run",
}


def __getattr__(name: str) -> Any:
    if name == "mi":
        return importlib.import_module("mmmie.mi")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'mmmie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
