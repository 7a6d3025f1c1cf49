"""Pickles that hold little and cost much: by what they repeat, make, nest or count."""

import pickle
import resource
import struct
import time

import numpy as np
import pytest

from mmmie.datasets import load_corpus
from mmmie.datasets.pickles import stack_machine
from mmmie.datasets.pickles.load_pickle import load_pickle
from mmmie.errors import InputError
from tests.datasets import layouts

HEAD = b"\x80\x04"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n"
SCALAR = b"cnumpy.core.multiarray\nscalar\n"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def kept(content, key):
    """Remember something and take it off the stack."""
    return content + b"q" + bytes([key]) + b"0"


def dtype(code, order="<"):
    state = b"(K\x03" + text(order) + b"NNN" + number(-1) * 2 + b"K\x00tb"
    return b"cnumpy\ndtype\n" + text(code) + b"K\x00K\x01\x87R" + state


def array(shape, code, raw, order="<"):
    return ARRAY + b")R(K\x01" + shape + dtype(code, order) + b"\x89" + raw + b"tb"


def listed(item, count):
    return b"](" + item * count + b"e"


def amplified(function, arguments, count, then=b""):
    """A call of a function on a remembered argument, again and again."""
    return kept(function, 0) + kept(arguments, 1) + listed(b"h\x00h\x01R" + then, count)


SHAPE, RAW = b"K\x01\x85", b"C\x08" + bytes(8)
MADE = {  # name → what it is with a number of repetitions, as a list
    "encoded text": lambda n: amplified(
        b"c_codecs\nencode\n", text("a" * 5000) + text("latin1") + b"\x86", n
    ),
    "object arrays": lambda n: (
        kept(
            b"(K\x01"
            + number(1000)
            + b"\x85"
            + dtype("O8", "|")
            + b"\x89"
            + listed(b"N", 1000)
            + b"t",
            1,
        )
        + listed(ARRAY + b")Rh\x01b", n)
    ),
    "buffers of objects": lambda n: amplified(
        b"cnumpy.core.numeric\n_frombuffer\n",
        b"(" + listed(b"N", 1000) + dtype("O8", "|") + number(1000) + b"\x85" + text("C") + b"t",
        n,
    ),
    "sets": lambda n: amplified(
        b"cbuiltins\nset\n", b"](" + b"".join(map(number, range(500))) + b"e\x85", n
    ),
    "dictionaries": lambda n: amplified(
        b"ccollections\nOrderedDict\n",
        b"](" + b"".join(number(i) + b"N\x86" for i in range(500)) + b"e\x85",
        n,
    ),
    "wide scalars": lambda n: amplified(
        SCALAR, dtype("S3000") + b"B" + struct.pack("<I", 3000) + b"a" * 3000 + b"\x86", n
    ),
    "scalars": lambda n: amplified(SCALAR, dtype("f8") + RAW + b"\x86", 40 * n),
    "arrays": lambda n: (
        kept(b"(K\x01" + SHAPE + dtype("f8") + b"\x89" + RAW + b"t", 1)
        + listed(ARRAY + b")Rh\x01b", 15 * n)
    ),
    "types": lambda n: (
        kept(b"(K\x03" + text("<") + b"NNN" + number(-1) * 2 + b"K\x00t", 2)
        + amplified(b"cnumpy\ndtype\n", text("f8") + b"\x85", 15 * n, then=b"h\x02b")
    ),
    "one key under two names": lambda n: (
        kept(text("k" * 9000), 0)
        + kept(text("k" * 9000), 1)
        + b"](}(h\x00N"
        + b"h\x01N" * n
        + b"ue"
    ),
    "a key of Python 2": lambda n: (
        kept(b"T" + number(4000)[1:] + b"k" * 4000, 0) + b"](}(" + b"h\x00N" * n + b"ue"
    ),
    "empty lists": lambda n: listed(b"]", 80 * n),
    "empty dictionaries": lambda n: listed(b"}", 80 * n),
    "empty sets": lambda n: listed(b"\x8f", 40 * n),
    "pairs": lambda n: listed(b"NN\x86", 120 * n),
    "numbers far apart": lambda n: b"]Nr" + struct.pack("<I", 1200 * n) + b"a",
}
REPEATED = {
    "lists of lists of lists": lambda n: (
        kept(listed(kept(listed(b"N", 100), 0)[:-1], 1), 1)
        + kept(listed(b"h\x01", 100), 2)
        + listed(b"h\x02", n)
    ),
    "one array for all": lambda n: (
        kept(
            array(number(2500) + b"\x85", "f4", b"B" + struct.pack("<I", 10_000) + bytes(10_000)), 0
        )
        + listed(b"h\x00", n)
    ),
    "one text for all": lambda n: kept(text("a" * 9000), 0) + listed(b"h\x00", n),
    "rows of nothing": lambda n: (
        kept(array(number(50 * n) + b"K\x00\x86", "f4", b"C\x00"), 0) + listed(b"h\x00", 8)
    ),
}


@pytest.fixture
def small_floor(monkeypatch):
    monkeypatch.setattr(stack_machine, "_FLOOR", 2**20)


@pytest.mark.parametrize("name", [*MADE, *REPEATED])
def test_what_is_made_and_what_is_repeated_have_an_allowance(
    name, tmp_path, small_floor, monkeypatch
):
    file = tmp_path / "a.pkl"
    make = MADE.get(name) or REPEATED[name]
    file.write_bytes(HEAD + make(2) + b".")
    assert type(load_pickle(file)[0]) is list  # a little of it is data as any other
    file.write_bytes(HEAD + make(2000) + b".")
    if name in MADE:  # what is made counts while it is made, whatever becomes of it
        monkeypatch.setattr("mmmie.datasets.pickles.load_pickle.check_repetition", lambda *_: None)
    with pytest.raises(InputError, match="MB") as caught:
        load_pickle(file)
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_it_costs_little_time_and_memory(tmp_path):
    file = tmp_path / "a.pkl"
    content = amplified(
        b"c_codecs\nencode\n", text("a" * 200_000) + text("latin1") + b"\x86", 20_000
    )
    file.write_bytes(HEAD + content + b".")
    assert file.stat().st_size < 350_000
    held, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError):
        load_corpus(file)
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 300 * 1024


LOOSE = {  # what costs far more than its bytes in the file
    "integers": b"M\xff\xff",
    "floats": b"G" + bytes(8),
    "texts": text("ab"),
    "short texts": b"\x8c\x02ab",
    "bytes": b"C\x02ab",
    "wide integers": b"\x8a\x10" + b"\x7f" * 16,
    "lines": b"I999\n",
    "floats in lines": b"F9.9\n",
    "texts in lines": b"Vab\n",
    "quoted lines": b"S'ab'\n",
    "lists": b"]",
    "dictionaries": b"}NNs",
    "pairs": b"NN\x86",
    "frozen sets": b"(\x91",
}


@pytest.mark.parametrize("name", LOOSE)
def test_small_objects_have_a_limit_of_their_own(name, tmp_path, monkeypatch):
    assert stack_machine.MOST_LOOSE == 2**28  # 24 MB of integers or of texts are refused
    monkeypatch.setattr(stack_machine, "MOST_LOOSE", 2**20)
    assert admitted(listed(LOOSE[name], 3000), tmp_path)
    assert not admitted(listed(LOOSE[name], 20_000), tmp_path)


def test_arrays_of_protocol_2_have_no_limit_of_small_objects(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_machine, "MOST_LOOSE", 2**16)
    value = {"vision": np.ones((500, 99), "f4"), "audio": np.ones((500, 9))}
    for protocol in range(2, 6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(value, protocol))
        assert load_pickle(tmp_path / "a.pkl")[0]["vision"].shape == (500, 99)


def test_what_contains_itself_is_refused(tmp_path):
    (tmp_path / "a.pkl").write_bytes(HEAD + b"]q\x00]h\x00aa.")
    with pytest.raises(InputError, match="itself"):
        load_pickle(tmp_path / "a.pkl")


@pytest.mark.parametrize("layout", [layouts.mmsa, layouts.mult, layouts.segments])
@pytest.mark.parametrize("protocol", [2, 4])
def test_what_people_save_needs_a_part_of_it(layout, protocol, make_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(stack_machine, "_FLOOR", 0)
    levels = dict.fromkeys(("text", "audio", "vision"), "sequence")
    corpus = make_corpus(levels=levels, splits=("train", "valid", "test"), conversations=20, dim=9)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(layout(corpus), protocol))
    assert len(load_corpus(tmp_path / "a.pkl")) == len(corpus)


def test_lists_of_words_and_numbers_need_a_part_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_machine, "_FLOOR", 0)
    words = [[f"word{i % 300}" for i in range(k, k + 20)] for k in range(400)]
    rows = [[float(i), i % 7, 300 + i] for i in range(2000)]
    value = {"words": words, "rows": rows, "arrays": [np.ones(30, "f4") for _ in range(300)]}
    for protocol in range(6):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(value, protocol))
        assert load_pickle(tmp_path / "a.pkl")[0]["words"] == words


def admitted(content, tmp_path):
    (tmp_path / "a.pkl").write_bytes(HEAD + content + b".")
    try:
        load_pickle(tmp_path / "a.pkl")
    except InputError:
        return False
    return True


def test_integers_have_128_bits_at_most(tmp_path):
    for short, long in (
        (b"\x8a\x10" + b"\x7f" * 16, b"\x8a\x11" + b"\x7f" * 17),
        (b"\x8b\x10\0\0\0" + b"\x7f" * 16, b"\x8b\x11\0\0\0" + b"\x7f" * 17),
        (b"I" + b"9" * 38 + b"\n", b"I" + b"9" * 41 + b"\n"),
        (b"L" + b"9" * 38 + b"L\n", b"L" + b"9" * 41 + b"L\n"),
    ):
        assert admitted(short, tmp_path) and not admitted(long, tmp_path)


def test_64_containers_are_open_at_most(tmp_path):
    assert admitted(b"(" * 64 + b"t" * 64, tmp_path)
    assert not admitted(b"(" * 65 + b"t" * 65, tmp_path)


def test_8_million_instructions_are_carried_out(tmp_path, monkeypatch):
    assert stack_machine.MOST_OPERATIONS == 8_000_000
    monkeypatch.setattr(stack_machine, "MOST_OPERATIONS", 1000)
    assert admitted(b"N0" * 498 + b"N", tmp_path)  # with the protocol and the end 999
    assert not admitted(b"N0" * 500 + b"N", tmp_path)
