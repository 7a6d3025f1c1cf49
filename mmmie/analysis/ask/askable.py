"""What of a checkpoint is needed to ask its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mmmie.corpus import Corpus
    from mmmie.model.mmmie import MMMIE
    from mmmie.model.text_encoder import TextEncoder
    from mmmie.training.checkpoint_files import CheckpointInfo


class Askable(Protocol):
    """A trained model that can be asked; `mmmie.analysis.checkpoint.Checkpoint` is one.

    Attributes:
        info: what the checkpoint says about itself.
    """

    info: CheckpointInfo

    @property
    def model(self) -> MMMIE:
        """The model in evaluation mode."""
        ...

    @property
    def text_encoder(self) -> TextEncoder:
        """The text encoder that made the features of the model."""
        ...

    def fitted(self, corpus: Corpus) -> Corpus:
        """A corpus as the model takes it."""
        ...
