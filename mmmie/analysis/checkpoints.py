"""Open a checkpoint, find its corpus, evaluate and predict."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mmmie.analysis.predicting import completed, missing_modalities, predict_rows
from mmmie.corpus import Corpus
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.hub_files import download, hub_repository
from mmmie.metrics import metrics_for
from mmmie.training.checkpoint import CheckpointInfo, load_model, read_checkpoint_info
from mmmie.training.run_folder import read_metrics

if TYPE_CHECKING:
    from mmmie.analysis.outputs import SplitOutputs
    from mmmie.model.mmmie import MMMIE

PREDICTION_COLUMNS = ("id", "conversation", "position", "speaker", "split", "label", "prediction")


class Checkpoint:
    """A trained model and what it says about itself.

    The weights are read when they are first needed.

    Args:
        info: from `read_checkpoint_info`.
        device: where the model shall be.
    """

    def __init__(self, info: CheckpointInfo, device: str = "cpu") -> None:
        self.info = info
        self.device = device

    @cached_property
    def model(self) -> MMMIE:
        """The model in evaluation mode."""
        return load_model(self.info, self.device)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The metric history of its training, one entry an epoch."""
        return read_metrics(self.info.folder)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits of the weights."""
        digest = hashlib.blake2b(digest_size=8)
        digest.update((self.info.folder / "model.safetensors").read_bytes())
        return digest.hexdigest()

    @property
    def data(self) -> str:
        """Where the corpus that it was trained on is: ``demo``, or a path.

        Raises:
            InputError: it is no longer there.
        """
        held = self.info.corpus
        if held["name"] == "demo":
            return "demo"
        path = held.get("path")
        if path is None or not Path(path).exists():
            raise InputError(
                f"{self.info.folder}: its corpus `{held['name']}` is no longer at {path}; name "
                f"where it is now (--data on the command line)"
            )
        return str(path)

    def corpus(self, data: str | Path | None = None, *, unlabelled: bool = False) -> Corpus:
        """The corpus to use: `data`, else the one that the checkpoint was trained on.

        Args:
            data: ``demo`` or a path.
            unlabelled: take utterances without a label or a split, and a corpus without some of
                the modalities, for `predict`.

        Raises:
            InputError: it cannot be found or opened, or does not fit the checkpoint.
        """
        corpus = load_corpus(self.data if data is None else data, unlabelled=unlabelled)
        if unlabelled:
            completed(self.info, corpus)
            return corpus
        self.info.check_corpus(corpus)
        return corpus

    def outputs(self, corpus: Corpus, split: str) -> SplitOutputs:
        """Predictions, codes and attention for a split; see `mmmie.analysis.outputs`."""
        from mmmie.analysis.outputs import compute_outputs

        return compute_outputs(self, corpus, split)

    def evaluate(self, corpus: Corpus, split: str = "valid") -> dict[str, Any]:
        """Metrics on a split, see `mmmie.metrics`."""
        from mmmie.analysis.outputs import predict_split

        rows, output = predict_split(self, corpus, split)
        return metrics_for(self.info.label, output, corpus.targets[rows])

    def predict(self, corpus: Corpus) -> pd.DataFrame:
        """Predictions for every utterance, with the columns of ``mmmie predict``.

        Args:
            corpus: labels and splits may be missing, as may modalities: the model is told so.

        Raises:
            InputError: the corpus does not fit the checkpoint.
        """
        missing = missing_modalities(self.info, corpus)
        table = corpus.utterances.reindex(columns=list(PREDICTION_COLUMNS))
        said, _ = predict_rows(self, completed(self.info, corpus), missing)
        return table.assign(prediction=said)


def load_checkpoint(path: Path | str, device: str = "cpu") -> Checkpoint:
    """Open a checkpoint folder, or the best checkpoint of a run folder.

    Args:
        path: of the folder, or ``hf://owner/name`` for one on the Hugging Face Hub.
        device: where the model shall be.

    Raises:
        InputError: there is none, or it is unreadable.

    Example:
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> checkpoint.evaluate(checkpoint.corpus(), "valid")["n"] > 0
        True
    """
    repository = hub_repository(path)
    folder = path if repository is None else download(repository)
    return Checkpoint(read_checkpoint_info(folder), device)
