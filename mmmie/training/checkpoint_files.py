"""A trained model on disk: ``model.safetensors``, ``config.json``, ``card.md``."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmmie.corpus import Corpus, Label, Modality
from mmmie.corpus.fitting import fit_corpus, label_words
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.hub_files import cached_repository
from mmmie.training.config import Config, parse_config

if TYPE_CHECKING:
    from torch import Tensor

    from mmmie.model.mmmie import MMMIE
    from mmmie.model.text_encoder import TextNetwork

FORMAT = "mmmie-checkpoint/1"


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
        carryover: modality → {"train", "valid", "dropout"}, see `training.generalisation`.
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
        inner = folder.name in ("best", "last") and (folder.parent / "config.toml").exists()
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
        InputError: there is neither.
    """
    path = Path(path)
    if (path / "config.json").is_file():
        return path
    best = surviving_folder(path / "best")
    if (best / "config.json").is_file():
        return best
    if not path.exists():
        raise InputError(f"{path}: there is no such checkpoint; name a checkpoint or run folder")
    raise InputError(f"{path}: has no config.json and no best/; name a checkpoint or run folder")


def read_checkpoint_info(path: Path | str) -> CheckpointInfo:
    """Read what a checkpoint says about itself.

    Raises:
        InputError: it is missing, or its config.json is unreadable or of another format.
    """
    folder = checkpoint_folder(path)
    file = folder / "config.json"
    try:
        raw = json.loads(file.read_text("utf-8"))
        if raw.get("format") != FORMAT:
            raise InputError(f'{file}: `format` is {raw.get("format")!r}; expected "{FORMAT}"')
        label = raw["label"]
        return CheckpointInfo(
            folder=folder,
            config=parse_config(raw["config"], str(file)),
            label=Label(
                label["name"],
                label["kind"],
                range=tuple(label["range"]) if label.get("range") else None,
                classes=tuple(label["classes"]) if label.get("classes") else None,
            ),
            modalities={
                name: Modality(
                    name,
                    entry["dim"],
                    entry["level"],
                    entry.get("source"),
                    tuple(entry["channels"]) if entry.get("channels") else None,
                )
                for name, entry in raw["modalities"].items()
            },
            corpus=raw["corpus"],
            metrics=raw["metrics"],
            epoch=raw["epoch"],
            carryover=raw.get("carryover", {}),
            facts=raw.get("facts", {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: field {error} is missing or wrong; write it again") from None
    except InputError:
        raise
    except (ValueError, OSError) as error:
        raise InputError(f"{file}: is not readable JSON ({error}); write it again") from None


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
        "carryover": info.carryover,
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
        with _told_if_unreadable(file):
            weights = load_file(str(file))
            model = MMMIE(info.modalities, info.label, settings, _text_network(info, weights))
            model.load_state_dict(weights)
    except RuntimeError as error:
        lines = str(error).split("\n\t")
        raise InputError(f"{file}: does not fit its config.json ({lines[-1]})") from None
    return model.to(device).eval()


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
    from safetensors import safe_open

    file = checkpoint / "model.safetensors"
    with _told_if_unreadable(file), safe_open(str(file), framework="np") as stream:
        return sum(
            math.prod(stream.get_slice(name).get_shape())
            for name in stream.keys()  # noqa: SIM118 - no mapping
            if not name.endswith(_BUFFERS)
        )


@contextlib.contextmanager
def _told_if_unreadable(file: Path) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{file}: is missing; a checkpoint needs it") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file}: is truncated or no safetensors file ({error})") from None
