"""A trained model on disk: ``model.safetensors``, ``config.json``, ``card.md``."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from mmmie.corpus import Corpus, Kind, Label, Level, Modality
from mmmie.corpus.fitting import fit_corpus, label_words, same_scale
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.hub_files import cached_repository
from mmmie.model.config import NO_NUL
from mmmie.reading import open_plain, read_json, refuse_closed, validated
from mmmie.training.config import Config, flatten, parse_config
from mmmie.training.run_folder import Count, Measured

if TYPE_CHECKING:
    from torch import Tensor

    from mmmie.model.mmmie import MMMIE
    from mmmie.model.text_encoder import TextNetwork

FORMAT = "mmmie-checkpoint/1"
_MOST_DESCRIPTION = 2**24


FILES = {
    "model.safetensors": "The weights, and the moments that features are standardised by.",
    "config.json": "Settings, modalities, label, corpus, metrics and epoch.",
    "card.md": "What it is, for people.",
    "text_encoder": "The fine-tuned text encoder or the tokenizer, where there is one.",
}
"""What lies in the folder of a checkpoint: name → meaning."""


@dataclass
class CheckpointInfo:
    """What a checkpoint says about itself; reading it needs no torch.

    Attributes:
        folder: the checkpoint folder.
        config: the configuration it was trained with.
        label: what it predicts.
        modalities: what it takes, in the order of the model.
        corpus: ``name``, ``path`` or None, ``fingerprint`` of the corpus it was trained on.
        metrics: metrics on the validation split at the chosen epoch.
        epoch: the chosen epoch, 0 before the first.
        carryover: modality → {"train", "valid", "train_std", "valid_std", "chance", "dropout"},
            see `mmmie.training.modality_dropout`; older checkpoints have no errors.
        facts: known answers of the corpus, such as ``true_mi/text-audio``.
    """

    folder: Path
    config: Config
    label: Label
    modalities: dict[str, Modality]
    corpus: dict[str, Any]
    metrics: dict[str, Any]
    epoch: int
    carryover: dict[str, dict[str, float]]
    facts: dict[str, float]

    @property
    def name(self) -> str:
        """The name of the run, of the shipped checkpoint, or ``owner/name`` on the Hub."""
        folder = self.folder.resolve()
        repository = cached_repository(folder)
        if repository is not None:
            return repository
        inner = folder.name in ("best", "last") and os.path.exists(folder.parent / "config.toml")
        return folder.parent.name if inner else folder.name

    def fitted(self, corpus: Corpus) -> Corpus:
        """A corpus as the model takes it, see `mmmie.corpus.fitting.fit_corpus`.

        Raises:
            InputError: a modality is missing, has another dimension or level or comes from another
                text encoder, or the label is of another kind, range or has other classes.
        """
        fitted = fit_corpus(corpus, self.modalities, self.label, f"checkpoint {self.folder}")
        encoded = self.config.model.text_modality
        wanted = self.modalities.get(encoded or "")
        if encoded and wanted and fitted.modalities[encoded].source != wanted.source:
            raise InputError(
                f"{corpus.where}: `{encoded}` was not made by the text encoder of checkpoint "
                f"{self.folder}; take the corpus that Checkpoint.fitted gives"
            )
        return fitted


def checkpoint_folder(path: Path | str) -> Path:
    """The checkpoint folder at `path`: itself, or the ``best/`` of a run folder.

    Raises:
        InputError: there is neither, or it may not be read.
    """
    path = Path(path)
    if os.path.isfile(path / "config.json"):
        return path
    best = surviving_folder(path / "best")
    if os.path.isfile(best / "config.json"):
        return best
    for closed in (path, best, best / "config.json"):
        refuse_closed(closed)
    if not os.path.exists(path):
        raise InputError(f"{path}: there is no such checkpoint; name a checkpoint or run folder")
    raise InputError(f"{path}: has no config.json and no best/; name a checkpoint or run folder")


class _Part(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class _Label(_Part):
    name: str
    kind: Kind
    range: tuple[float, float] | None = None
    classes: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError("`range` must rise")
        if self.kind == "classification" and len(set(self.classes or ())) < 2:
            raise ValueError("`classes` must name two or more")
        if len(set(self.classes or ())) != len(self.classes or ()):
            raise ValueError("`classes` names one twice")
        return self


class _Modality(_Part):
    dim: int = Field(ge=1, le=2**20)
    level: Level
    source: str | None = None
    channels: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.channels and len(self.channels) != self.dim:
            raise ValueError(f"`channels` must list {self.dim} names")
        return self


class _Corpus(_Part):
    model_config = ConfigDict(extra="allow")

    name: str
    path: str | None = Field(None, pattern=NO_NUL)
    fingerprint: str


_Carried = Literal["train", "valid", "train_std", "valid_std", "chance", "dropout"]


class _Description(_Part):
    """What config.json holds."""

    format: Literal["mmmie-checkpoint/1"]
    label: _Label
    modalities: dict[str, _Modality] = Field(min_length=1)
    corpus: _Corpus
    config: dict[str, Any]
    metrics: dict[str, Measured | dict[str, dict[str, Measured]]]
    epoch: Count
    carryover: dict[str, dict[_Carried, float | None]] = {}
    facts: dict[str, float] = {}


_DESCRIPTION = TypeAdapter(_Description)


def read_checkpoint_info(path: Path | str) -> CheckpointInfo:
    """Read what a checkpoint says about itself.

    Raises:
        InputError: it is missing, or its config.json is unreadable or of another format.
    """
    folder = checkpoint_folder(path)
    file = folder / "config.json"
    try:
        raw = read_json(file, _MOST_DESCRIPTION)
    except FileNotFoundError:
        raise InputError(f"{file}: is gone; open the checkpoint again") from None
    said = validated(_DESCRIPTION, raw, str(file))
    return CheckpointInfo(
        folder=folder,
        config=parse_config(said.config, str(file)),
        label=Label(**dict(said.label)),
        modalities={name: Modality(name, **dict(m)) for name, m in said.modalities.items()},
        corpus=said.corpus.model_dump(),
        metrics=said.metrics,
        epoch=said.epoch,
        carryover={
            m: {str(k): math.nan if v is None else v for k, v in s.items()}
            for m, s in said.carryover.items()
        },
        facts=said.facts,
    )


def write_checkpoint(folder: Path, model: MMMIE, info: CheckpointInfo) -> None:
    """Write model, configuration and card into an existing, empty folder."""
    from safetensors.torch import save_file

    tensors = {name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}
    save_file(tensors, str(folder / "model.safetensors"))
    label: dict[str, Any] = {"name": info.label.name, "kind": info.label.kind}
    label["range"] = list(info.label.range) if info.label.range else None
    label["classes"] = list(info.label.classes) if info.label.classes else None
    raw = {
        "format": FORMAT,
        "config": info.config.model_dump(exclude_none=True),
        "label": label,
        "modalities": {
            name: {
                "dim": m.dim,
                "level": m.level,
                "source": m.source,
                "channels": list(m.channels) if m.channels else None,
            }
            for name, m in info.modalities.items()
        },
        "corpus": info.corpus,
        "metrics": _finite(info.metrics),
        "epoch": info.epoch,
        "carryover": {name: _finite(held) for name, held in info.carryover.items()},
        "facts": info.facts,
    }
    (folder / "config.json").write_text(json.dumps(raw, indent=1, allow_nan=False), "utf-8")
    (folder / "card.md").write_text(_card(info, model), "utf-8")


def load_model(info: CheckpointInfo, device: str = "cpu") -> MMMIE:
    """Build the model of a checkpoint and load its weights, in evaluation mode.

    Raises:
        InputError: the weights are missing, truncated or of another shape, or the model has a
            text encoder that cannot be built.
    """
    from safetensors.torch import load_file

    from mmmie.model.mmmie import MMMIE

    file = info.folder / "model.safetensors"
    settings = info.config.model
    try:
        shapes = _shapes(file)
        _check_shapes(info, shapes, file)
        with _told_if_unreadable(file):
            weights = load_file(str(file))
        if not all(bool(t.isfinite().all()) for t in weights.values()):
            raise InputError(f"{file}: has values that are not finite; train it anew")
        model = MMMIE(info.modalities, info.label, settings, _text_network(info, weights))
        model.load_state_dict(weights)
    except RuntimeError as error:
        lines = str(error).split("\n\t")
        raise InputError(f"{file}: does not fit its config.json ({lines[-1]})") from None
    return model.to(device).eval()


def take_weights(model: MMMIE, info: CheckpointInfo, config: Config) -> None:
    """Give a new model the weights of a checkpoint, and what its inputs are standardised by.

    The scale of the label stays the new one where the checkpoint has another, and what is hidden
    in training is the new model's.

    Args:
        model: of `config`.

    Raises:
        InputError: the checkpoint cannot be read, or has other modalities, classes or settings
            of the model; names the first.
    """
    where = f"init: {info.folder}"
    if list(info.modalities) != list(model.modalities):
        raise InputError(
            f"{where} has the modalities {', '.join(info.modalities)}, the training "
            f"{', '.join(model.modalities)}; set model.modalities, or leave init out"
        )
    for name, known in info.modalities.items():
        own = model.modalities[name]
        if (known.dim, known.level) != (own.dim, own.level):
            raise InputError(
                f"{where} takes {name} as {known.dim} channels at {known.level} level, the corpus "
                f"has {own.dim} at {own.level} level; leave init out"
            )
    if (info.label.kind, info.label.classes) != (model.label.kind, model.label.classes):
        raise InputError(
            f"{where} predicts {label_words(info.label)}, the corpus has "
            f"{label_words(model.label)}; leave init out"
        )
    before, after = (flatten(one.model.model_dump()) for one in (info.config, config))
    for key in sorted(before | after):
        if before.get(key) != after.get(key) and not key.endswith("dropout"):
            raise InputError(
                f"{where} has model.{key} = {before.get(key)!r}, the training "
                f"{after.get(key)!r}; set it alike, or leave init out"
            )
    kept = (
        {"keep"}
        if same_scale(info.label, model.label)
        else {"keep", "label_mean", "label_deviation"}
    )
    weights = load_model(info).state_dict()
    model.load_state_dict({n: t for n, t in weights.items() if n not in kept}, strict=False)


def _check_shapes(info: CheckpointInfo, shapes: dict[str, tuple[int, ...]], file: Path) -> None:
    """Check that the weights are those of the model, before memory is taken for either."""
    import torch

    from mmmie.model.mmmie import MMMIE

    if len(info.modalities) > len(shapes):
        raise InputError(f"{file}: does not fit its config.json, which has more modalities")
    with torch.device("meta"), _shapes_only():
        empty = MMMIE(info.modalities, info.label, info.config.model)
    wanted = {name: tuple(t.shape) for name, t in empty.state_dict().items()}
    held = {n: shape for n, shape in shapes.items() if not n.startswith("text_encoder.")}
    for name in sorted(wanted.keys() | held.keys()):
        if wanted.get(name) != held.get(name):
            raise InputError(
                f"{file}: does not fit its config.json (`{name}` has shape {held.get(name)}, the "
                f"model {wanted.get(name)})"
            )


def _shapes_only() -> AbstractContextManager[object]:
    """Parameters are made and not filled: on ``meta`` that would import torch's compiler, 2 s."""
    from torch import Tensor, empty, randn
    from torch.overrides import TorchFunctionMode

    class ShapesOnly(TorchFunctionMode):
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            if getattr(function, "__module__", None) == "torch.nn.init":
                return args[0] if args else kwargs["tensor"]
            if function in (Tensor.mul, Tensor.div):  # what was drawn, on another scale
                return args[0]
            return (empty if function is randn else function)(*args, **kwargs)

    return ShapesOnly()


def _text_network(info: CheckpointInfo, weights: Mapping[str, Tensor]) -> TextNetwork | None:
    """The network of a fine-tuned text encoder, None where the model has none."""
    if not info.config.model.fine_tunes_text:
        return None
    from mmmie.model.text_encoder import FOLDER, saved_network

    size = sum(t.numel() for name, t in weights.items() if name.startswith("text_encoder."))
    return saved_network(info.folder / FOLDER, info.config.model.text_encoder, size)


def _finite(metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in metrics.items()
    }


def _card(info: CheckpointInfo, model: MMMIE) -> str:
    parameters = sum(p.numel() for p in model.parameters())
    rows = "\n".join(
        f"| {key} | {value:.4g} |"
        for key, value in info.metrics.items()
        if isinstance(value, (int, float)) and value is not None
    )
    modalities = ", ".join(f"{m.name} ({m.dim}, {m.level})" for m in info.modalities.values())
    text = info.modalities.get(info.config.model.text_modality or "")
    encoded = f"\n- **Text encoder**: {text.source}." if text else ""
    return f"""# MMMIE checkpoint

- **What**: MMMIE, our reading of arXiv 2201.03969; {parameters:,} parameters.
- **Data**: corpus `{info.corpus["name"]}` (fingerprint {info.corpus["fingerprint"]}).
- **Takes**: {modalities}.{encoded}
- **Predicts**: {info.label.name}, {label_words(info.label)}.
- **Chosen**: epoch {info.epoch} by the validation split; seed {info.config.training.seed}.

| validation metric | value |
|---|---|
{rows}

These metrics chose the epoch, so they flatter; measure on utterances kept apart.
"""


# what `MMMIE` and its encoders register as buffers: moments and constants, not trained
_BUFFERS = ("label_mean", "label_deviation", "keep", "standardise.mean", "standardise.deviation")


def parameter_count(checkpoint: Path) -> int:
    """The number of trained parameters of a checkpoint folder; reads no weights.

    Raises:
        InputError: the weights are missing or no safetensors file.
    """
    shapes = _shapes(checkpoint / "model.safetensors")
    return sum(math.prod(shape) for n, shape in shapes.items() if not n.endswith(_BUFFERS))


def check_weights(checkpoint: Path) -> None:
    """Check that there are weights; an `InputError` if they are missing or torn."""
    _shapes(checkpoint / "model.safetensors")


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Name → shape of the weights in a file; reads its header only."""
    from safetensors import safe_open

    with _told_if_unreadable(file):
        open_plain(file).close()
        with safe_open(str(file), framework="np") as stream:
            names = list(stream.keys())
            return {name: tuple(stream.get_slice(name).get_shape()) for name in names}


@contextlib.contextmanager
def _told_if_unreadable(file: Path) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{file}: is missing; a checkpoint needs it") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file}: is truncated or no safetensors file ({error})") from None
