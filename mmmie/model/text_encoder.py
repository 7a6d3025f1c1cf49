"""Text features from a Hugging Face encoder: transcripts → tokens → one vector per token or turn.

The encoder is a stage before the model. Frozen, it runs once over the transcripts and its output
is kept like any other features (`mmmie.model.text_features`). Fine-tuned, the same network is a
part of the model and trained through it; afterwards its output is kept in the same way, so that
analyses see features either way.

transformers is imported only where an encoder is opened (the extra ``text``). Nothing in the folder
of an encoder is run: weights are safetensors, the rest is JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from mmmie.corpus import Features, Modality
from mmmie.errors import InputError
from mmmie.hub_files import hub_module, is_repository, refusal
from mmmie.model.config import TextEncoderSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FOLDER = "text_encoder"
"""Where a checkpoint keeps tokenizer and configuration of its text encoder."""

_FETCHED = ("config.json", "tokenizer*", "vocab*", "merges.txt", "*.model", "model*.safetensors*")
_MOST_TOKENS = 8192  # in one pass without gradient; more of them only cost memory
_INSTALL = (
    'a text encoder needs the package transformers; run `pip install -e ".[text]"` or leave '
    "`model.text_encoder.name` out"
)
_CONVERT = (
    "pickled weights are not opened: where you trust them, "
    "transformers.AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER) writes safetensors"
)


class TextNetwork(nn.Module):
    """Token ids → features; what is trained where the encoder is fine-tuned.

    Args:
        network: a transformer of the Hugging Face library.
        pooling: see `TextEncoderSettings`.

    Attributes:
        dim: of the features.
    """

    def __init__(self, network: nn.Module, pooling: Literal["tokens", "first", "mean"]) -> None:
        super().__init__()
        self.network, self.pooling = network, pooling
        self.dim = int(self(torch.zeros(1, 2, dtype=torch.long), torch.tensor([2])).shape[-1])

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Encode (U, L) ids, of which the first `lengths` (U,) are real.

        Returns:
            (U, L, d), or (U, d) where they are pooled.
        """
        if torch.is_grad_enabled():
            return self._encode(ids, lengths)
        rows = max(1, _MOST_TOKENS // ids.shape[1])
        parts = zip(ids.split(rows), lengths.split(rows), strict=True)
        return torch.cat([self._encode(*part) for part in parts])

    def _encode(self, ids: Tensor, lengths: Tensor) -> Tensor:
        steps = torch.arange(ids.shape[1], device=ids.device)
        # With every place masked attention has nothing to weigh, and gives NaN.
        mask = steps < lengths.clamp(min=1)[:, None]
        hidden: Tensor = self.network(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        if self.pooling == "tokens":
            return hidden
        if self.pooling == "first":
            return hidden[:, 0]
        real = mask[..., None].to(hidden.dtype)
        return (hidden * real).sum(1) / real.sum(1)


class TextEncoder:
    """A tokenizer and a network.

    Args:
        tokenizer: of the encoder.
        network: of the encoder.
        settings: how they are used.

    Raises:
        InputError: the network cannot take as many tokens as `settings` allow.
    """

    def __init__(
        self, tokenizer: Tokenizer, network: TextNetwork, settings: TextEncoderSettings
    ) -> None:
        self.network, self.settings, self.tokenizer = network, settings, tokenizer
        self._check_sizes()
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_length)
        self._vocabulary = json.dumps(sorted(tokenizer.get_vocab().items())).encode()

    def _check_sizes(self) -> None:
        config: Any = self.network.network.config
        most = getattr(config, "max_position_embeddings", None) or self.settings.max_length
        if config.model_type in ("roberta", "xlm-roberta", "camembert"):
            most -= 2  # their positions are counted from the id of padding on
        if self.settings.max_length > most:
            raise InputError(
                f"{self.settings.name}: `model.text_encoder.max_length` is "
                f"{self.settings.max_length}, but it takes at most {most} tokens; lower it"
            )
        held = self.network.network.get_input_embeddings().num_embeddings  # type: ignore[operator]
        if self.tokenizer.get_vocab_size() > held:
            raise InputError(
                f"{self.settings.name}: its tokenizer knows {self.tokenizer.get_vocab_size()} "
                f"tokens, its weights {held}; use the tokenizer that belongs to them"
            )

    def tokens(self, transcripts: Sequence[str]) -> Features:
        """Token ids as features with one channel, (ΣL, 1) float32, which is exact up to 2²⁴.

        An empty transcript has no token where every token is a step, so that its modality is
        missing; pooled to one vector it is what the encoder makes of no words.
        """
        everything = self.settings.pooling == "tokens"
        ids = [
            [] if everything and not transcript else encoding.ids
            for transcript, encoding in zip(
                transcripts, self.tokenizer.encode_batch(list(transcripts)), strict=True
            )
        ]
        offsets = np.cumsum([0, *(len(one) for one in ids)]).astype(np.int64)
        values = np.array([i for one in ids for i in one], np.float32)
        return Features(values[:, None], offsets)

    @torch.inference_mode()
    def features(self, transcripts: Sequence[str]) -> Features:
        """The features of transcripts, float32, encoded in batches of like length.

        Raises:
            InputError: the network gives numbers that are not finite.
        """
        from tqdm import tqdm

        self.network.eval()
        device = next(self.network.parameters()).device
        tokens = self.tokens(transcripts)
        assert tokens.offsets is not None
        lengths = np.diff(tokens.offsets)
        sequences = self.settings.pooling == "tokens"
        rows = int(tokens.offsets[-1]) if sequences else len(transcripts)
        values = np.zeros((rows, self.network.dim), np.float32)
        batches = _batches(lengths)
        for batch in tqdm(batches, "Encoding transcripts", disable=None, leave=False):
            ids = np.zeros((len(batch), max(int(lengths[batch].max()), 1)), np.int64)
            for i, row in enumerate(batch):
                ids[i, : lengths[row]] = tokens.of(row)[:, 0]
            there = torch.from_numpy(lengths[batch]).to(device)
            found = self.network(torch.from_numpy(ids).to(device), there).float().cpu().numpy()
            if sequences:
                for row, one in zip(batch, found, strict=True):
                    start = tokens.offsets[row]
                    values[start : start + lengths[row]] = one[: lengths[row]]
            else:
                values[batch] = found
        if not np.isfinite(values).all():
            raise InputError(
                f"{self.settings.name}: gives numbers that are not finite; use another"
            )
        return Features(values, tokens.offsets if sequences else None)

    def digest(self, network: nn.Module | None = None) -> str:
        """Sixteen hex digits of the weights and the vocabulary.

        The names of weights are left out: they differ between versions of transformers.

        Args:
            network: another state of the network, such as a running mean of it.
        """
        weights = (network or self.network).parameters()
        parts = sorted(
            hashlib.blake2b(weight.detach().cpu().contiguous().numpy().data).digest()
            for weight in weights
        )
        return hashlib.blake2b(b"".join([*parts, self._vocabulary]), digest_size=8).hexdigest()

    def modality(self, network: nn.Module | None = None) -> Modality:
        """What its features are; `source` tells two encoders and two states of one apart.

        Args:
            network: the fine-tuned state of the network, if it is that.
        """
        settings = self.settings
        # checkpoints recognise their features by `source`, so its words never change
        kinds = {"tokens": "one vector per token", "first": "its first token", "mean": "their mean"}
        source = (
            f"{_short_name(settings)}{', fine-tuned' if network is not None else ''} "
            f"({self.digest(network)}), {kinds[settings.pooling]}, "
            f"at most {settings.max_length} tokens"
        )
        level: Literal["sequence", "utterance"] = (
            "sequence" if settings.pooling == "tokens" else "utterance"
        )
        return Modality(settings.modality, self.network.dim, level, source)

    def save(self, folder: Path) -> None:
        """Write tokenizer and configuration, for `saved_tokenizer` and `saved_network`."""
        folder.mkdir()
        self.tokenizer.save(str(folder / "tokenizer.json"))
        config: Any = self.network.network.config
        config.name_or_path = ""  # of this machine
        config.to_json_file(str(folder / "config.json"))


def load_text_encoder(settings: TextEncoderSettings) -> TextEncoder:
    """Open an encoder from its folder, or from the Hub into its cache.

    Raises:
        InputError: transformers is not installed, there is no such encoder, its weights are not
            safetensors or not complete, it needs code of its own, or it reads no text.
    """
    transformers = _transformers()
    folder = _folder(settings)
    _check_weights(folder, settings)
    with _explained(str(settings.name)), _quiet(transformers):
        fast = transformers.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
        network, report = transformers.AutoModel.from_pretrained(
            folder,
            config=_config(transformers, folder),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
        tokenizer = getattr(fast, "backend_tokenizer", None)
        if tokenizer is None:
            raise InputError(f"{settings.name}: has no tokenizer.json; save its fast tokenizer")
        missing = sorted(k for k in report["missing_keys"] if not k.startswith("pooler."))
        if missing:
            raise InputError(
                f"{settings.name}: its weights lack `{missing[0]}`; use one that is complete"
            )
        return TextEncoder(tokenizer, _network(network, settings), settings)


def saved_tokenizer(folder: Path, settings: TextEncoderSettings) -> Tokenizer:
    """The tokenizer of a checkpoint.

    Args:
        folder: what `TextEncoder.save` wrote.
        settings: those of the checkpoint.

    Raises:
        InputError: it cannot be read, or the package tokenizers is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise InputError(_INSTALL) from None
    file = folder / "tokenizer.json"
    with _explained(str(file)):
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_length)
        return tokenizer


def saved_network(folder: Path, settings: TextEncoderSettings, held: int) -> TextNetwork:
    """The network of a checkpoint, before its weights are loaded.

    Args:
        folder: what `TextEncoder.save` wrote.
        settings: those of the checkpoint.
        held: how many numbers its weights hold, so that no file makes us build more.

    Raises:
        InputError: the configuration cannot be read or is not that of these weights, or
            transformers is not installed.
    """
    transformers = _transformers()
    file = folder / "config.json"
    if not file.is_file():
        raise InputError(f"{file}: is missing; a checkpoint with a fine-tuned encoder needs it")
    with _explained(str(file)), _quiet(transformers):
        config = _config(transformers, folder)
        claimed = int(getattr(config, "num_hidden_layers", 0) or 0)
        if claimed <= held:
            with torch.device("meta"):
                empty = transformers.AutoModel.from_config(config, trust_remote_code=False)
            claimed = sum(p.numel() for n, p in empty.named_parameters() if "pooler." not in n)
        if claimed > held:
            raise InputError(f"{file}: is of another network than model.safetensors; restore it")
        network = transformers.AutoModel.from_config(
            config, trust_remote_code=False, dtype=torch.float32
        )
        return _network(network, settings)


def _batches(lengths: np.ndarray) -> list[np.ndarray]:
    """Rows in order of length, cut so that a padded batch has at most `_MOST_TOKENS`."""
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        batches.append(order[start : start + max(1, _MOST_TOKENS // longest)])
        start += len(batches[-1])
    return batches


def _network(network: Any, settings: TextEncoderSettings) -> TextNetwork:
    """A network without what no feature comes from."""
    if isinstance(getattr(network, "pooler", None), nn.Module):
        network.pooler = None  # its weights would stay as they are
    network.config.use_cache = False
    return TextNetwork(network, settings.pooling).eval()


def _config(transformers: ModuleType, folder: Path) -> Any:
    config = transformers.AutoConfig.from_pretrained(
        folder, trust_remote_code=False, local_files_only=True
    )
    if config.is_encoder_decoder:
        raise InputError(f"{folder.name}: is an encoder with a decoder; use an encoder alone")
    return config


def _folder(settings: TextEncoderSettings) -> Path:
    name = str(settings.name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if settings.revision is not None:
            raise InputError(f"{name}: is a folder, which has no `revision`; leave it out")
        return folder
    if not is_repository(name) and not is_repository(f"models/{name}"):
        raise InputError(
            f"{name}: there is no such folder; `model.text_encoder.name` is the folder of a "
            f"Hugging Face encoder or its name on the Hub"
        )
    try:
        fetched = hub_module().snapshot_download(
            name, revision=settings.revision, allow_patterns=list(_FETCHED)
        )
    except InputError:
        raise
    except Exception as error:  # of the Hub, of HTTP, of the network: no common base
        raise refusal(name, "is no folder and cannot be fetched", error) from error
    return Path(fetched)


def _check_weights(folder: Path, settings: TextEncoderSettings) -> None:
    if not (folder / "config.json").is_file():
        raise InputError(f"{settings.name}: has no config.json; name a Hugging Face encoder")
    names = ("model.safetensors", "model.safetensors.index.json")
    if not any((folder / name).is_file() for name in names):
        raise InputError(f"{settings.name}: has no model.safetensors; {_CONVERT}")


def _short_name(settings: TextEncoderSettings) -> str:
    folder = Path(str(settings.name)).expanduser()
    return folder.resolve().name if folder.is_dir() else str(settings.name)


def _transformers() -> ModuleType:
    try:
        import transformers
    except ImportError:
        raise InputError(_INSTALL) from None
    return transformers


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn whatever the libraries raise for an encoder they cannot open into one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # broken JSON, unknown kinds, code of its own: no common base
        why = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(f"{what}: cannot be opened as a text encoder ({why})") from error


@contextlib.contextmanager
def _quiet(transformers: ModuleType) -> Iterator[None]:
    """Without the progress bars and remarks of transformers."""
    log = transformers.utils.logging
    before, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(before)
        if bars:
            log.enable_progress_bar()
