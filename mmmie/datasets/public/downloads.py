"""Files from the network, kept with the checksum that each had when it was first fetched."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from mmmie.errors import InputError
from mmmie.files import write_json

CHECKSUMS = "checksums.json"
_CHUNK = 2**20
_SECONDS = 30  # without a byte
_ERRORS = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)


def fetch_all(
    urls: Mapping[str, str],
    folder: Path,
    known: Mapping[str, str],
    *,
    by_hand: str,
    say: Callable[[str], None],
) -> dict[str, str]:
    """Fetch files that are not in a folder yet, and check all of them.

    A file has the published checksum, or else the one that it had when it was first fetched.

    Args:
        urls: file name → where it is.
        folder: where the files are kept; made where it is missing.
        known: file name → published SHA-256, where there is one.
        by_hand: what to do where the network does not give a file.
        say: told which file is being fetched.

    Returns:
        File name → SHA-256 in hex digits.

    Raises:
        InputError: a file cannot be fetched or has another checksum.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / CHECKSUMS
    seen = {**_recorded(record), **known}
    for name, url in urls.items():
        file = folder / name
        if not file.is_file():
            say(url)
            _fetch(url, file, by_hand)
        found = sha256_of(file)
        if seen.setdefault(name, found) != found:
            file.unlink()
            raise InputError(
                f"{file}: from {url} has SHA-256 {found[:16]}…, not {seen[name][:16]}… as "
                f"{'published' if name in known else f'when it was first fetched ({record})'}; "
                f"it was removed: try again, or {by_hand}"
            )
        write_json(record, seen)
    return {name: seen[name] for name in urls}


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file in hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch(url: str, file: Path, by_hand: str) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer, part.open("wb") as target:
            wanted, got = answer.length, 0
            while block := answer.read(_CHUNK):
                got += target.write(block)
            if wanted is not None and got < wanted:
                raise OSError(f"it ended after {got:,} of {wanted:,} bytes")
        part.replace(file)
    except _ERRORS as error:
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise InputError(f"{url}: cannot be fetched ({reason[:120]}); {by_hand}") from None
    finally:
        part.unlink(missing_ok=True)


def _recorded(file: Path) -> dict[str, str]:
    try:
        held = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}
