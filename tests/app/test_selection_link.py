from __future__ import annotations

import base64
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np

from app.selection_link import MOST_IDS, fits_link, linked, read_link
from mmmie.corpus import Corpus


def test_few_ids_are_written_out(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    assert linked(["c2_3", "c1_0"], corpus) == "c2_3,c1_0"
    assert read_link("c2_3,c1_0", None) == ("c2_3", "c1_0")
    assert linked([], corpus) == "" and read_link("", corpus) == ()


def test_many_ids_come_back_from_a_short_text(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus(conversations=1000)
    ids = corpus.utterances["id"][np.random.default_rng(0).random(5000) < 0.5].tolist()
    text = linked(ids, corpus)
    assert len(text) < 1000 and fits_link(ids, corpus)
    assert list(read_link(text, corpus)) == ids


def test_ids_with_commas_come_back(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    corpus.utterances.loc[3, "id"] = "a,b"
    assert read_link(linked(["a,b"], corpus), corpus) == ("a,b",)


def test_a_link_of_another_corpus_or_a_damaged_one_selects_nothing(
    make_corpus: Callable[..., Corpus],
) -> None:
    corpus, other = make_corpus(conversations=40), make_corpus(conversations=40, seed=1)
    text = linked(corpus.utterances["id"].tolist(), corpus)
    assert len(read_link(text, corpus)) == 200
    assert read_link(text, other) == read_link(text, None) == ()
    assert read_link(text[:-6], corpus) == read_link(text[:12] + "é", corpus) == ()


def test_what_does_not_fit_keeps_the_first_and_says_so(
    make_corpus: Callable[..., Corpus],
) -> None:
    corpus = make_corpus(conversations=40)
    ids = [*corpus.utterances["id"], "elsewhere"]
    assert linked(ids, corpus).count(",") == MOST_IDS - 1
    assert not fits_link(ids, corpus)


def test_a_link_unpacks_no_more_than_its_corpus_needs(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus()
    large = base64.urlsafe_b64encode(zlib.compress(b"\xff" * 2**25, 9)).decode()
    text = f"~{corpus.fingerprint[:8]}~{large}"
    tracemalloc.start()
    assert len(read_link(text, corpus)) == len(corpus)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()
    assert read_link("a," * 2**16, corpus) == ()
