"""What a training does with the text encoder that its configuration names, if any."""

from __future__ import annotations

from pathlib import Path

import torch

from mmmie.corpus import Corpus, Modality
from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.mmmie import MMMIE
from mmmie.model.prepared import PreparedStore, feature_store
from mmmie.model.text_encoder import FOLDER, TextEncoder, TextNetwork, load_text_encoder
from mmmie.model.text_features import (
    TokenStore,
    shared_folder,
    transcripts_of,
    with_text_features,
)
from mmmie.training.checkpoint_files import load_model, read_checkpoint_info


class TrainedText:
    """Encodes the transcripts of a corpus once, and hands the encoder over where it is trained.

    Attributes:
        corpus: with the features of the encoder as it was opened.
        network: to be trained as a part of the model, None where it is frozen or there is none.

    Raises:
        InputError: the encoder cannot be opened, or no utterance has a transcript.
    """

    def __init__(self, settings: ModelSettings, corpus: Corpus, device: torch.device) -> None:
        self.corpus = corpus
        self.network: TextNetwork | None = None
        self._encoder: TextEncoder | None = None
        self._name = settings.text_modality
        if self._name is None:
            return
        transcripts = transcripts_of(corpus)
        encoder = load_text_encoder(settings.text_encoder)
        encoder.network.to(device)
        self.corpus = with_text_features(
            corpus, encoder.modality(), lambda: encoder, shared_folder()
        )
        self._encoder = encoder
        if settings.fine_tunes_text:
            self.network = encoder.network
            self._tokens = encoder.tokens(transcripts)
        else:
            encoder.network.to("cpu")  # its work is done

    def store(
        self, corpus: Corpus, model: MMMIE, device: torch.device
    ) -> FeatureStore | PreparedStore:
        """What the model is given: features, or tokens where it encodes them itself."""
        if self.network is None:
            return feature_store(corpus, model, device)
        assert self._name is not None
        return TokenStore(corpus, list(corpus.modalities), device, {self._name: self._tokens})

    def modalities(self, modalities: dict[str, Modality], model: MMMIE) -> dict[str, Modality]:
        """The modalities as a checkpoint of `model` describes them, with the encoder it holds."""
        if self.network is None:
            return modalities
        assert self._name is not None and self._encoder is not None
        return {**modalities, self._name: self._encoder.modality(model.text_encoder)}

    def save(self, folder: Path) -> None:
        """Write tokenizer and configuration into a checkpoint, which then opens by itself."""
        if self._encoder is not None:
            self._encoder.save(folder / FOLDER)

    def keep(self, best: Path, cache: Path, device: torch.device) -> None:
        """Keep what a checkpoint's fine-tuned encoder makes, so that no reader waits for it."""
        if self.network is None:
            return
        assert self._name is not None and self._encoder is not None
        info = read_checkpoint_info(best)
        network = load_model(info, str(device)).text_encoder
        assert network is not None
        encoder = TextEncoder(self._encoder.tokenizer, network, self._encoder.settings)
        with_text_features(self.corpus, info.modalities[self._name], lambda: encoder, cache)
