"""A selection as it stands in the URL: ids where they are few, else a packed mask of the corpus."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

import numpy as np

from mmmie.corpus import Corpus

MOST_IDS = 100
_PACKED = "~"
_LONGEST = 6000  # characters; browsers and mail cut addresses that are much longer
_LONGEST_READ = 2**16
_FINGERPRINT = 8


def linked(ids: Sequence[str], corpus: Corpus | None) -> str:
    """How `ids` are written in the URL.

    Up to 100 ids are written out. More are packed, one bit per utterance of the corpus: 23,000
    utterances take at most 4,000 characters. Of a selection that is still too long, or that is not
    of the corpus, the first 100 are written.
    """
    plain = ",".join(ids[:MOST_IDS])
    if len(ids) <= MOST_IDS and not any("," in i for i in ids):
        return plain
    packed = "" if corpus is None else _packed(ids, corpus)
    return packed if 0 < len(packed) <= _LONGEST else plain


def fits_link(ids: Sequence[str], corpus: Corpus) -> bool:
    """Whether the URL has room for all of `ids`."""
    return len(ids) <= MOST_IDS or linked(ids, corpus).startswith(_PACKED)


def read_link(text: str, corpus: Corpus | None) -> tuple[str, ...]:
    """The ids that `linked` wrote; none where they were packed for another corpus or damaged."""
    if len(text) > _LONGEST_READ:
        return ()
    if not text.startswith(_PACKED):
        return tuple(i for i in text.split(",") if i)
    mark, _, packed = text[1:].partition(_PACKED)
    if corpus is None or mark != corpus.fingerprint[:_FINGERPRINT]:
        return ()
    try:
        unpacked = zlib.decompressobj()
        # a link decides how much it packs, so no more is unpacked than the mask of this corpus
        data = unpacked.decompress(base64.urlsafe_b64decode(packed), -(-len(corpus) // 8))
    except (binascii.Error, ValueError, zlib.error):
        return ()
    mask = np.unpackbits(np.frombuffer(data, np.uint8))[: len(corpus)].astype(bool)
    if len(mask) < len(corpus):
        return ()
    return tuple(corpus.utterances["id"][mask])


def _packed(ids: Sequence[str], corpus: Corpus) -> str:
    mask = corpus.utterances["id"].isin(ids).to_numpy()
    if mask.sum() < len(ids):
        return ""
    data = zlib.compress(np.packbits(mask).tobytes(), 9)
    text = base64.urlsafe_b64encode(data).decode()
    return f"{_PACKED}{corpus.fingerprint[:_FINGERPRINT]}{_PACKED}{text}"
