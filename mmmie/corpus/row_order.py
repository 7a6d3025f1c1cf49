"""Which utterances the rows of features are of: a table that was sorted anew is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mmmie.corpus.safetensors_files import read_metadata

_MOST_IDS = 2**23  # letters of all ids; of more only the digest is kept


def order_metadata(ids: Sequence[str]) -> dict[str, str]:
    """What the features say of the utterances that they are of, in the order of their rows.

    Args:
        ids: of the utterances (N,).

    Returns:
        ``ids_digest``, and ``ids`` as a JSON list where these are not too long: the metadata of
        ``features.safetensors``, with which a table that was sorted anew is noticed.
    """
    said = json.dumps(ids, ensure_ascii=False)
    digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return {"ids_digest": digest, **({"ids": said} if len(said) <= _MOST_IDS else {})}


def order_faults(utterances: pd.DataFrame, table: str, features: Path) -> list[str]:
    """What is wrong where the rows of a table are not those that the features were written for."""
    kept = read_metadata(features)
    ids = utterances["id"].astype(str).tolist() if "id" in utterances else []
    if not ids or kept.get("ids_digest") in (None, order_metadata(ids)["ids_digest"]):
        return []
    try:
        was = [str(name) for name in json.loads(kept["ids"])]
    except (KeyError, ValueError, TypeError, RecursionError):
        was = ids
    if len(was) != len(ids):
        return [
            f"{table}: has {len(ids):,} rows, but {features.name} was written for {len(was):,} "
            f"utterances{_first_other(was, ids)}; put the rows back as they were"
        ]
    moved = [i for i, (now, then) in enumerate(zip(ids, was, strict=True)) if now != then]
    if not moved:
        return [
            f"{table}: its rows have other ids, or another order, than those that "
            f"{features.name} was written for; put the rows back as they were"
        ]
    fix = "`id` back as it was"
    if sorted(was) == sorted(ids):
        fix = f"the rows back in the order in which they were written ({len(moved):,} have moved)"
    return [
        f"{table}: row {moved[0] + 1} is {ids[moved[0]]!r}, but the features there are those of "
        f"{was[moved[0]]!r}; put {fix}"
    ]


def _first_other(was: list[str], ids: list[str]) -> str:
    """The first utterance that one list has and the other has not."""
    for names, others, what in ((was, set(ids), "missing"), (ids, set(was), "new")):
        for name in names:
            if name not in others:
                return f", {name!r} is {what}"
    return ""
