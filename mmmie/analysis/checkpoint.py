"""Open a checkpoint, find its corpus, evaluate and predict."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmmie.analysis.ask.question import Question
from mmmie.analysis.outputs import SplitOutputs, cache_folder, compute_outputs, kept_outputs
from mmmie.analysis.prediction_table import prediction_table
from mmmie.corpus import GIVEN_COLUMNS, Corpus, Modality, absent_features
from mmmie.corpus.fitting import label_words
from mmmie.datasets import DESCRIBED, load_corpus, recognise_corpus
from mmmie.errors import InputError
from mmmie.hosting import read_only
from mmmie.hub_files import local_folder
from mmmie.metrics import metrics_for
from mmmie.reading import refuse_closed
from mmmie.training.checkpoint_files import CheckpointInfo, load_model, read_checkpoint_info
from mmmie.training.run_folder import read_metrics

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from mmmie.analysis.ask.askable import Askable
    from mmmie.analysis.ask.asker import Answer
    from mmmie.model.batch import Batch
    from mmmie.model.mmmie import MMMIE
    from mmmie.model.text_encoder import TextEncoder

_RANGE = re.compile(r"(^|,)\s*range\s*=[^,]*")


class Checkpoint:
    """A trained model and what it says about itself; weights are read when first needed."""

    def __init__(self, info: CheckpointInfo, device: str = "cpu") -> None:
        self.info = info
        self.device = device

    def __repr__(self) -> str:
        """Which model it is, of what, and how it can be used."""
        label = self.info.label
        return (
            f"<Checkpoint {self.info.folder}: {label.kind} of {label.name!r} from "
            f"{', '.join(self.info.modalities)}, trained on {self.info.corpus['name']!r}; "
            f"see .corpus(), .evaluate(), .predict(), .encode(), .export() and .model>"
        )

    @cached_property
    def model(self) -> MMMIE:
        """The model in evaluation mode."""
        return load_model(self.info, self.device)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The metric history of its training, one entry per epoch."""
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
        known = self.info.corpus
        if known["name"] == "demo":
            return "demo"
        path = known.get("path")
        if path is not None:
            refuse_closed(path)
        if path is None or not os.path.exists(path):
            raise InputError(
                f"{self.info.folder}: its corpus `{known['name']}` is no longer at {path}; name "
                f"where it is now (--data on the command line)"
            )
        return str(path)

    def corpus(
        self,
        data: str | Path | None = None,
        *,
        label: str | None = None,
        unlabelled: bool = False,
    ) -> Corpus:
        """The corpus to use: `data`, else the one that the checkpoint was trained on.

        Args:
            data: ``demo`` or a path.
            label: what the label is, see `load_corpus`; as in training if left out.
            unlabelled: take utterances without a label or a split, and a corpus without some of
                the modalities, for `predict`.

        Raises:
            InputError: it cannot be found or opened, or does not fit the checkpoint.
        """
        corpus = self.opened(data, label=label, unlabelled=unlabelled)
        if not unlabelled:
            return self.fitted(corpus)
        corpus = self.with_text(corpus)
        to_predict(self.info, corpus)
        return corpus

    def opened(
        self,
        data: str | Path | None = None,
        *,
        label: str | None = None,
        unlabelled: bool = False,
    ) -> Corpus:
        """`corpus` as it is, whether it fits or not; its label is read as in training.

        Raises:
            InputError: it cannot be found or opened.
        """
        said = label or self.info.config.label
        if said and not label and data is not None and str(data) != str(self.info.corpus["path"]):
            said = _RANGE.sub("", said).strip(",")  # the scale of another corpus may be another
        data = self.data if data is None else data
        name, corpus = recognise_corpus(data, label=said, unlabelled=unlabelled)
        if corpus.label.kind != self.info.label.kind and not said and name != DESCRIBED:
            with contextlib.suppress(InputError):  # of few utterances a wrong guess is likely
                kind = f"kind={self.info.label.kind}"
                corpus = load_corpus(data, label=kind, unlabelled=unlabelled)
        return corpus

    def fitted(self, corpus: Corpus) -> Corpus:
        """A corpus as the model takes it: its classes and levels, and its encoder's features.

        Returns:
            The same corpus where nothing differs; else what was changed is in its `notes`.

        Raises:
            InputError: the corpus does not fit the checkpoint or has no transcripts, or the
                encoder cannot be opened.
        """
        return self.info.fitted(self.with_text(corpus))

    def with_text(self, corpus: Corpus) -> Corpus:
        """A corpus with the features of the model's text encoder, if it has one.

        What a frozen encoder makes is shared with all runs (`text_features.shared_folder`); what a
        fine-tuned one makes is kept with the checkpoint, since no other has its weights.

        Raises:
            InputError: the corpus has no transcripts, or the encoder cannot be opened.
        """
        name = self.info.config.model.text_modality
        made = self.info.modalities.get(name or "")
        if name is None or made is None:
            return corpus.origin or corpus
        own = corpus.modalities.get(name)
        return corpus if own and own.source == made.source else self._encoded(corpus, made)

    def _encoded(self, corpus: Corpus, made: Modality) -> Corpus:
        from mmmie.model.text_features import shared_folder, with_text_features

        tuned = self.info.config.model.fine_tunes_text
        kept = tuned and not read_only()  # a read-only server writes nothing beside a checkpoint
        folder = cache_folder(self.info.folder) if kept else shared_folder()
        return with_text_features(corpus, made, lambda: self.text_encoder, folder)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of its text encoder, which makes the steps of text features.

        Raises:
            InputError: the model has no text encoder, or its tokenizer cannot be read.
        """
        from mmmie.model.text_encoder import FOLDER, saved_tokenizer

        return saved_tokenizer(self.info.folder / FOLDER, self.info.config.model.text_encoder)

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The text encoder that made the features of the model.

        Raises:
            InputError: the model has none, or it cannot be opened, or its weights have changed.
        """
        from mmmie.model.text_encoder import TextEncoder, load_text_encoder

        model = self.info.config.model
        if model.text_modality is None:
            raise InputError(f"{self.info.folder}: its model has no text encoder")
        if model.fine_tunes_text:
            network = self.model.text_encoder
            assert network is not None
            return TextEncoder(self.tokenizer, network, model.text_encoder)
        encoder = load_text_encoder(model.text_encoder)
        if encoder.digest() not in str(self.info.modalities[model.text_modality].source):
            raise InputError(
                f"{model.text_encoder.name}: has other weights than the text encoder of "
                f"{self.info.folder}; put those back or train anew"
            )
        encoder.network.to(self.device)
        return encoder

    def batch(self, corpus: Corpus, rows: Sequence[int] | np.ndarray) -> Batch:
        """What `model` takes to predict utterances of a corpus.

        Args:
            rows: (T,) row numbers in ``corpus.utterances``.

        Raises:
            InputError: the corpus does not fit the checkpoint.

        Example:
            >>> checkpoint = load_checkpoint("checkpoints/demo")
            >>> batch = checkpoint.batch(checkpoint.corpus(), [0, 1, 2])
            >>> checkpoint.model(batch).prediction.shape
            torch.Size([3])
        """
        from mmmie.model.inference import batch_of

        return batch_of(self.model, self.fitted(corpus), np.asarray(rows))

    def outputs(self, corpus: Corpus, split: str) -> SplitOutputs:
        """Predictions, codes and attention for a split, as trained and under interventions.

        Raises:
            InputError: the split is empty, or the corpus does not fit or its classes are not in
                the order of the model, as `fitted` puts them.
        """
        self._check_order(corpus)
        return compute_outputs(self, corpus, split)

    def cached_outputs(self, corpus: Corpus, split: str) -> SplitOutputs:
        """`outputs`, read from the cache of the checkpoint where they were computed before."""
        self._check_order(corpus)
        corpus = self.fitted(corpus)
        key = f"{self.fingerprint}-{corpus.fingerprint}-{split}"
        return kept_outputs(self.info.folder, key, lambda: self.outputs(corpus, split))

    def _check_order(self, corpus: Corpus) -> None:
        """See that who reads outputs by the classes of a corpus reads the model's."""
        classes = self.info.label.classes
        if classes and corpus.label.classes and corpus.label.classes != classes:
            raise InputError(
                f"{corpus.where}: `label` has not the classes of checkpoint {self.info.folder} in "
                f"their order; take the corpus that Checkpoint.fitted gives"
            )

    def evaluate(self, corpus: Corpus, split: str = "valid") -> dict[str, Any]:
        """Metrics on a split, see `mmmie.metrics`; of classes also `ece`, see `calibration`."""
        from mmmie.analysis.ask.asker import Asker
        from mmmie.analysis.errors.calibration import calibration_error

        asker = Asker(self, corpus)
        rows = asker.corpus.rows(split)
        [answer] = asker.answer(rows)
        targets = asker.corpus.targets[rows]
        metrics = metrics_for(self.info.label, answer.logits, targets)
        if not self.info.label.classes:
            return metrics
        per_class = metrics.pop("per_class")
        return {
            **metrics,
            "ece": calibration_error(answer.output, targets),
            "per_class": per_class,
        }

    def predict(self, corpus: Corpus) -> pd.DataFrame:
        """Predictions for every utterance, with the columns of ``mmmie predict``.

        Of classes there is also a column ``p_<class>`` each with its probability; they sum to 1.

        Args:
            corpus: labels and splits may be missing, as may modalities: the model is told so.
                Labels that do not fit the model stay as they are.

        Raises:
            InputError: the corpus does not fit the checkpoint.
        """
        corpus = self.with_text(corpus)
        missing = missing_modalities(self.info, corpus)
        answer = predict_rows(self, to_predict(self.info, corpus), missing)[1]
        table = prediction_table(corpus.utterances, self.info.label, answer.logits)
        for name, given in GIVEN_COLUMNS.items():
            table[name] = corpus.utterances.get(given, table[name])
        return table

    def encode(self, corpus: Corpus) -> dict[str, np.ndarray]:
        """The codes of every utterance: what ``mmmie predict --codes`` writes.

        Returns:
            ``shared.<modality>`` and ``own.<modality>`` → (N, d) the means of the codes, nan where
            an utterance lacks the modality, and ``fused`` → (N, d) what the prediction is read
            from. Rows are those of ``corpus.utterances``.

        Raises:
            InputError: the corpus does not fit the checkpoint.

        Example:
            >>> checkpoint = load_checkpoint("checkpoints/demo")
            >>> codes = checkpoint.encode(checkpoint.corpus())
            >>> codes["shared.text"].shape, codes["own.text"].shape
            ((4810, 8), (4810, 16))
        """
        corpus = self.with_text(corpus)
        missing = missing_modalities(self.info, corpus)
        return encoded_rows(self, to_predict(self.info, corpus), missing)

    def export(self, file: Path | str) -> None:
        """Write the model as a program that torch runs alone, see `mmmie.model.export`.

        Raises:
            InputError: the file cannot be written.
        """
        from mmmie.model.export import export_program

        export_program(self.model, Path(file), {"checkpoint": self.fingerprint})


def load_checkpoint(path: Path | str, device: str = "cpu") -> Checkpoint:
    """Open a checkpoint folder, or the best checkpoint of a run folder.

    Args:
        path: of the folder, or ``hf://owner/name`` for one on the Hugging Face Hub.

    Raises:
        InputError: there is none, or it is unreadable.

    Example:
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> checkpoint.evaluate(checkpoint.corpus(), "valid")["n"] > 0
        True
    """
    return Checkpoint(read_checkpoint_info(local_folder(path)), device)


def missing_modalities(info: CheckpointInfo, corpus: Corpus) -> list[str]:
    """The modalities of a model that a corpus lacks."""
    return [name for name in info.modalities if name not in corpus.modalities]


def completed(info: CheckpointInfo, corpus: Corpus) -> Corpus:
    """A corpus with every modality of a model; those it lacks are absent from every utterance.

    It is fitted to the model (`CheckpointInfo.fitted`); where no utterance is labelled, it gets
    the label of the model.

    Raises:
        InputError: it has none of the modalities, one of another shape, or another kind of label.
    """
    missing = missing_modalities(info, corpus)
    if len(missing) < len(info.modalities):  # else the check says which is wanted
        lacking = {name: info.modalities[name] for name in missing}
        absent = {name: absent_features(one, len(corpus)) for name, one in lacking.items()}
        corpus = replace(
            corpus,
            modalities={**corpus.modalities, **lacking},
            features={**corpus.features, **absent},
        )
    if not corpus.labelled.any():
        corpus = replace(corpus, label=info.label)
    return info.fitted(corpus)


def to_predict(info: CheckpointInfo, corpus: Corpus) -> Corpus:
    """`completed`, whatever the labels are: those that do not fit are not looked at.

    Raises:
        InputError: it has none of the modalities, or one of another shape.
    """
    try:
        return completed(info, corpus)
    except InputError:
        table = corpus.utterances.assign(label=None)
        unlabelled = completed(info, replace(corpus, utterances=table))  # raises for all else
    note = (
        f"Labels are {label_words(corpus.label)}, predictions {label_words(info.label)}: do not "
        f"compare them."
    )
    return replace(unlabelled, notes=(*unlabelled.notes, note))


def predict_rows(
    checkpoint: Askable, corpus: Corpus, missing: Sequence[str] = ()
) -> tuple[list[Any], Answer]:
    """What a model says of every utterance of a corpus whose conversations are whole.

    Args:
        corpus: with the modalities that it takes; labels and splits are not looked at.
        missing: modalities that the model is told are missing in every utterance.

    Returns:
        Predictions (n), numbers or classes, and the answer that they are from.
    """
    from mmmie.analysis.ask.asker import Asker

    told = Question(missing=tuple(missing), everywhere=True)
    [answer] = Asker(checkpoint, corpus).answer(np.arange(len(corpus)), [told])
    classes = checkpoint.info.label.classes
    output = answer.logits.astype(float)
    return [classes[i] for i in output.argmax(1)] if classes else list(output), answer


def encoded_rows(
    checkpoint: Askable, corpus: Corpus, missing: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """The codes of every utterance, see `Checkpoint.encode`; arguments as for `predict_rows`."""
    from mmmie.analysis.ask.asker import Asker

    asker = Asker(checkpoint, corpus)
    rows = np.arange(len(corpus))
    codes = asker.codes(rows)
    present = codes.present.cpu().numpy()
    found = {}
    for kind, code in (("shared", codes.invariant), ("own", codes.specific)):
        means = code.mean.float().cpu().numpy()
        for m, name in enumerate(asker.modalities):
            there = present[:, m] & (name not in missing)
            found[f"{kind}.{name}"] = np.where(there[:, None], means[:, m], np.float32(np.nan))
    told = Question(missing=tuple(missing), everywhere=True)
    return {**found, "fused": asker.answer(rows, [told])[0].representation}
