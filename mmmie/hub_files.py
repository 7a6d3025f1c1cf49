"""Which files of a checkpoint travel to and from the Hugging Face Hub (the extra ``hub``)."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from mmmie.errors import InputError

# JSON, Markdown and safetensors: none of them can run code. Nothing else is ever fetched.
FILES = ("model.safetensors", "config.json", "card.md", "README.md", "metrics.jsonl")
TEXT_FILES = ("text_encoder/config.json", "text_encoder/tokenizer.json")
"""What comes on top where the model has a text encoder."""

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_ADDRESS = re.compile(r"hf:/{1,2}(?P<name>.+)")  # a Path keeps only one of the two


def hub_repository(path: Path | str) -> str | None:
    """The repository of ``hf://owner/name``, None for what is no such address.

    An `InputError` if what follows ``hf://`` is no ``owner/name``.

    Example:
        >>> hub_repository("hf://owner/name")
        'owner/name'
    """
    match = _ADDRESS.fullmatch(str(path))
    return check_repository(match["name"]) if match else None


def local_folder(path: Path | str) -> Path:
    """Where a checkpoint is on this machine; that of ``hf://owner/name`` is fetched first.

    Raises:
        InputError: it cannot be fetched.
    """
    repository = hub_repository(path)
    return Path(path) if repository is None else download(repository)


def absolute(path: str) -> str:
    """A path that holds from every folder; ``hf://owner/name`` as it is."""
    return path if hub_repository(path) else str(Path(path).expanduser().resolve())


def check_repository(name: str) -> str:
    """The name, or an `InputError` where it is none of a repository."""
    if not is_repository(name):
        raise InputError(f"{name}: is no repository of the Hugging Face Hub; write owner/name")
    return name


def is_repository(name: str) -> bool:
    """Whether this can be the name of a repository, ``owner/name``."""
    parts = name.split("/")
    return _NAME.fullmatch(name) is not None and not {".", ".."} & set(parts)


def cached_repository(folder: Path) -> str | None:
    """The repository in a folder of the Hub's cache, None for other folders.

    Example:
        >>> cached_repository(Path("hub/models--owner--name/snapshots/0a1b"))
        'owner/name'
    """
    kind, _, name = folder.parent.parent.name.partition("--")
    cached = folder.parent.name == "snapshots" and kind == "models"
    return name.replace("--", "/", 1) if cached else None


def download(repository: str, revision: str | None = None) -> Path:
    """Fetch a checkpoint from the Hub; only `FILES` and `TEXT_FILES` that are new.

    Args:
        repository: ``owner/name``.
        revision: a branch, tag or commit; the newest if left out.

    Returns:
        the checkpoint folder, in the Hub's cache.

    Raises:
        InputError: it cannot be fetched, or huggingface_hub is not installed.
    """
    hub = hub_module()
    try:
        folder = hub.snapshot_download(
            check_repository(repository),
            revision=revision,
            allow_patterns=[*FILES, *TEXT_FILES],
        )
    except InputError:
        raise
    except Exception as error:  # of the Hub, of HTTP, of the network: no common base
        raise refusal(repository, "cannot be fetched", error) from error
    return Path(folder)


def hub_module() -> ModuleType:
    """The package huggingface_hub, or an `InputError` where it is not installed."""
    try:
        import huggingface_hub
    except ImportError:
        raise InputError(
            "the Hugging Face Hub needs the package huggingface_hub; run "
            '`pip install -e ".[hub]"` or name a folder'
        ) from None
    return huggingface_hub


def refusal(repository: str, what: str, error: Exception) -> InputError:
    """What the Hub said, in one line."""
    why = " ".join(str(error).split()) or type(error).__name__
    return InputError(
        f"hf://{repository}: {what} ({why}); check the name, the network and `hf auth login`"
    )
