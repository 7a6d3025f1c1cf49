"""Checkpoints for others: as a folder of their own, and on the Hugging Face Hub."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
from mmmie.errors import InputError
from mmmie.files import replace_folder, write_json, write_text
from mmmie.hub_files import (
    FILES,
    TEXT_FILES,
    check_repository,
    download,
    hub_module,
    hub_repository,
    is_repository,
    refusal,
)
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.run_folder import read_metrics

_TAGS = ["mmmie", "multimodal", "sentiment-analysis", "mutual-information"]
_CARD = "card.md"


def save_pretrained(folder: Path | str, checkpoint: Checkpoint | Path | str) -> Path:
    """Write weights, configuration, metric history and card as a folder that can be given away.

    It has no path of this machine: a corpus is named by its name and fingerprint.

    Args:
        folder: a new or empty one; `from_pretrained` opens it, and it is returned.
        checkpoint: an opened one, or what `load_checkpoint` takes.

    Raises:
        InputError: the folder is not empty, or the checkpoint is unreadable.
        WriteError: the disk is full or the folder read-only.

    Example:
        >>> path = save_pretrained(tempfile.mkdtemp(), "checkpoints/demo")
        >>> from_pretrained(path).info.corpus["name"]
        'demo'
    """
    folder, opened = Path(folder), _opened(checkpoint)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; name a new folder")
    replace_folder(folder, lambda new: _fill(new, opened, None))
    return folder


def from_pretrained(
    name_or_path: Path | str, *, revision: str | None = None, device: str = "cpu"
) -> Checkpoint:
    """Open a checkpoint by its folder or its repository on the Hugging Face Hub.

    Args:
        name_or_path: a checkpoint or run folder, ``owner/name`` or ``hf://owner/name``; a folder
            that exists goes first.
        revision: a branch, tag or commit of the repository.
        device: where the model shall be.

    Raises:
        InputError: there is none, or it cannot be fetched or read.

    Example:
        >>> from_pretrained("checkpoints/demo").info.name
        'demo'
    """
    repository = hub_repository(name_or_path)
    if repository is None and not Path(name_or_path).exists() and is_repository(str(name_or_path)):
        repository = str(name_or_path)
    if repository is not None:
        return load_checkpoint(download(repository, revision), device)
    if revision is not None:
        raise InputError(f"{name_or_path}: is a folder, which has no `revision`; leave it out")
    return load_checkpoint(name_or_path, device)


def push_to_hub(
    checkpoint: Checkpoint | Path | str, repository: str, *, private: bool = True
) -> str:
    """Put a checkpoint on the Hugging Face Hub, as whom ``hf auth login`` or HF_TOKEN says.

    Args:
        checkpoint: an opened one, or what `load_checkpoint` takes.
        repository: ``owner/name``; made where it is not there, and its address is returned.
        private: whether a repository that is made is; one that is there stays as it is.

    Raises:
        InputError: the Hub refuses or cannot be reached, or huggingface_hub is not installed.
    """
    repository = hub_repository(repository) or check_repository(repository)
    opened, api = _opened(checkpoint), hub_module().HfApi()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _fill(folder, opened, repository)
        try:
            address = api.create_repo(repository, private=private, exist_ok=True)
            api.upload_folder(
                repo_id=repository,
                folder_path=folder,
                allow_patterns=[*FILES, *TEXT_FILES],
                commit_message=f"{opened.info.name}, epoch {opened.info.epoch}",
            )
        except Exception as error:  # of the Hub, of HTTP, of the network: no common base
            raise refusal(repository, "cannot be written", error) from error
    return str(address)


def _opened(checkpoint: Checkpoint | Path | str) -> Checkpoint:
    return checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)


def _fill(folder: Path, checkpoint: Checkpoint, repository: str | None) -> None:
    source = checkpoint.info.folder
    weights = source / "model.safetensors"
    if not weights.is_file():
        raise InputError(f"{weights}: is missing; a checkpoint needs it")
    shutil.copyfile(weights, folder / weights.name)
    raw = json.loads((source / "config.json").read_text("utf-8"))
    raw["corpus"]["path"] = None
    raw["config"]["data"] = raw["corpus"]["name"]
    text = raw["config"]["model"].get("text_encoder", {})
    if Path(text.get("name", "")).is_absolute():
        text["name"] = Path(text["name"]).name
    for name in TEXT_FILES:
        if (source / name).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, folder / name)
    write_json(folder / "config.json", raw)
    written = source / _CARD
    card = written.read_text("utf-8") if written.is_file() else "# MMMIE checkpoint\n"
    write_text(folder / _CARD, card)
    write_text(folder / "README.md", _model_card(checkpoint.info, card, repository))
    history = read_metrics(source)
    write_text(folder / "metrics.jsonl", "".join(json.dumps(entry) + "\n" for entry in history))


def _model_card(info: CheckpointInfo, card: str, repository: str | None) -> str:
    metadata: dict[str, Any] = {
        "library_name": "mmmie",
        "tags": _TAGS,
        "model-index": [{"name": info.name, "results": [_result(info)]}],
    }
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in metadata.items())  # is YAML
    name = repository or "PATH"
    return f"""---
{lines}
---
{card}
## Use

```python
import mmmie

checkpoint = mmmie.from_pretrained("{name}")
corpus = mmmie.load_corpus("CORPUS")  # a folder with features of the same kind
print(checkpoint.evaluate(corpus, "test"))
```
"""


def _result(info: CheckpointInfo) -> dict[str, Any]:
    metrics = [
        {"type": key, "name": key, "value": value}
        for key, value in info.metrics.items()
        if key != "n" and isinstance(value, (int, float)) and math.isfinite(value)
    ]
    corpus = str(info.corpus["name"])
    return {
        "task": {"type": f"multimodal-{info.label.kind}", "name": info.label.name},
        "dataset": {"type": corpus, "name": corpus, "split": "valid"},
        "metrics": metrics,
    }
