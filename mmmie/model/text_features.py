"""Corpora whose text features an encoder made, kept on disk so that each is made once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from mmmie.corpus import Corpus, Features, Modality
from mmmie.corpus.safetensors_files import map_safetensors
from mmmie.errors import InputError
from mmmie.files import keep_latest, replacing
from mmmie.model.features import FeatureStore, Inputs

if TYPE_CHECKING:
    from mmmie.model.text_encoder import TextEncoder

_MOST_KEPT = 8  # files in one folder; the least used go


class TokenStore(FeatureStore):
    """Gives the ids of tokens in place of the features that a model makes of them itself.

    Args:
        corpus: where the other features come from.
        modalities: names, in the order of the model.
        device: where the tensors shall be.
        tokens: modality → token ids, from `TextEncoder.tokens`.
    """

    def __init__(
        self,
        corpus: Corpus,
        modalities: list[str],
        device: torch.device | str,
        tokens: Mapping[str, Features],
    ) -> None:
        features = {**corpus.features, **tokens}
        super().__init__(replace(corpus, features=features), modalities, device)
        self._tokens = list(tokens)

    def gather(self, rows: np.ndarray) -> Inputs:
        """As `FeatureStore.gather`, with (U, L) int64 ids among the values."""
        inputs = super().gather(rows)
        for name in self._tokens:
            inputs.values[name] = inputs.values[name][..., 0].long()
        return inputs


def shared_folder() -> Path:
    """Where what frozen encoders make is kept: ``MMMIE_CACHE``, else ``~/.cache/mmmie``.

    All runs of a user share it, since ten seeds on one corpus need the same features.
    """
    return Path(os.environ.get("MMMIE_CACHE", Path.home() / ".cache" / "mmmie"))


def with_text_features(
    corpus: Corpus, modality: Modality, encoder: Callable[[], TextEncoder], folder: Path
) -> Corpus:
    """A corpus with the features that an encoder makes of its transcripts.

    They take the place of those of the same modality, or come last where there were none.

    Args:
        corpus: with transcripts.
        modality: what the encoder makes; its `source` names the encoder.
        encoder: opens it; called only where its features are not kept yet.
        folder: where they are kept, memory-mapped.

    Raises:
        InputError: no utterance has a transcript, or the encoder cannot be opened.
        WriteError: the disk is full or the folder read-only.
    """
    corpus = corpus.origin or corpus
    transcripts = transcripts_of(corpus)
    key = json.dumps([modality.source, transcripts]).encode()
    file = folder / f"text-{hashlib.blake2b(key, digest_size=16).hexdigest()}.safetensors"
    features = _kept(file)
    if features is None:
        _keep(file, encoder().features(transcripts))
        features = _kept(file)
        assert features is not None
    return replace(
        corpus,
        modalities={**corpus.modalities, modality.name: modality},
        features={**corpus.features, modality.name: features},
        origin=corpus,
    )


def transcripts_of(corpus: Corpus) -> list[str]:
    """The transcript of every utterance, empty where there is none.

    Raises:
        InputError: there is none at all.
    """
    column = corpus.utterances.get("transcript", pd.Series("", corpus.utterances.index))
    transcripts = [cell.strip() if isinstance(cell, str) else "" for cell in column]
    if not any(transcripts):
        raise InputError(
            f"{corpus.where}: no utterance has a `transcript`, which a text encoder needs; add "
            f"the column or leave `model.text_encoder.name` out"
        )
    return transcripts


def _kept(file: Path) -> Features | None:
    """What is kept in a file, None where there is none or it is broken."""
    if not file.is_file():
        return None
    try:
        arrays = map_safetensors(file)
        os.utime(file)  # it is in use, so others go first
        offsets = arrays.get("text.offsets")
        return Features(arrays["text"], None if offsets is None else np.array(offsets))
    except (InputError, KeyError, OSError):
        return None


def _keep(file: Path, features: Features) -> None:
    from safetensors.numpy import save_file

    tensors = {"text": features.values}
    if features.offsets is not None:
        tensors["text.offsets"] = features.offsets
    with replacing(file) as scratch:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, str(scratch))
    keep_latest(file.parent, "text-*.safetensors", _MOST_KEPT)
