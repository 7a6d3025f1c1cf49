"""Files that are damaged, lie about themselves or want to run code: one line each, and no more."""

import os
import pickle
import resource
import struct
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmie.datasets import load_corpus
from mmmie.datasets.pickles import stack_machine as machine
from mmmie.datasets.pickles.load_pickle import load_pickle
from mmmie.datasets.pickles.opcodes import ADMITTED
from mmmie.errors import InputError
from tests.datasets import layouts

LEVELS = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
SECONDS, MEGABYTES = 5, 300
WATCHED = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class")

GADGETS = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("os", "popen"),
    ("subprocess", "Popen"),
    ("subprocess", "check_output"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("__builtin__", "eval"),
    ("builtins", "getattr"),
    ("builtins", "__import__"),
    ("builtins", "compile"),
    ("builtins", "open"),
    ("builtins", "type"),
    ("operator", "attrgetter"),
    ("functools", "partial"),
    ("importlib", "import_module"),
    ("runpy", "run_path"),
    ("shutil", "rmtree"),
    ("pickle", "loads"),
    ("codecs", "decode"),
    ("copyreg", "_reconstructor"),
    ("collections", "namedtuple"),
    ("numpy", "load"),
    ("numpy", "fromfile"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "myeval"),
    ("numpy._core.multiarray", "fromfile"),
    ("numpy.core.multiarray", "_reconstruct.__globals__"),
    ("numpy.ndarray", "tofile"),
    ("pandas", "read_pickle"),
    ("pandas.io.common", "urlopen"),
    ("torch", "load"),
    ("torch.hub", "load"),
    ("torch.storage", "_load_from_bytes"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch.utils.cpp_extension", "load_inline"),
    ("torch.jit", "load"),
    ("mmmie.datasets.pickles.load_pickle", "load_pickle"),
    ("\u202eos", "system"),
]

events: list[str] = []
watching = False


def _audit(event, _):
    if watching and event.startswith(WATCHED):
        events.append(event)


@pytest.fixture(scope="module", autouse=True)
def audited():
    sys.addaudithook(_audit)


@pytest.fixture
def corpus(make_corpus):
    return make_corpus(levels=LEVELS, splits=("train", "valid", "test"), conversations=6, dim=3)


def refused(path):
    """The one line that a file is refused with, within time and without running anything."""
    global watching
    started, watching = time.process_time(), True
    try:
        load_corpus(path)
    except InputError as error:
        line = str(error)
    else:
        line = ""
    finally:
        watching = False
    assert time.process_time() - started < SECONDS and not events
    assert "\n" not in line and len(line) < 1500
    line.encode()
    return line


def refuse_all(cases, tmp_path):
    """Write and refuse every case, (name, content); how many there were."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    accepted = []
    for name, content in cases:
        file = tmp_path / "case.pkl"
        file.unlink(missing_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, 4))
        line = refused(file)
        if not line:
            accepted.append(name)
        assert not line or "case.pkl" in line, line
    assert not accepted
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024
    return len(cases)


def call(module, name, argument, protocol):
    """A pickle of a call as an attacker writes it by hand."""
    if protocol == 4:
        named = (
            b"".join(b"\x8c" + bytes([len(x.encode())]) + x.encode() for x in (module, name))
            + b"\x93"
        )
    else:
        named = b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    text = b"X" + struct.pack("<I", len(argument)) + argument.encode()
    return named + text + b"\x85R"


def within(payload, place):
    """The call inside something that looks like a corpus."""
    label = b"\x8c\x11regression_labels"
    train = b"\x8c\x05train"
    return {
        "alone": b"\x80\x04" + payload + b".",
        "label": b"\x80\x04}" + train + b"}" + label + payload + b"sss."[1:],
        "item": b"\x80\x04}" + train + b"}" + label + b"]" + payload + b"ass.",
        "forgotten": b"\x80\x04" + payload + b"0}" + train + b"}" + label + b"]ss.",
    }[place]


def test_gadgets_are_refused_by_name(tmp_path):
    sentinel = tmp_path / "ran"
    cases = [
        (f"{module}.{name} {place} {protocol}", within(payload, place))
        for module, name in GADGETS
        for place, protocol in (("alone", 2), ("label", 4), ("item", 4), ("forgotten", 2))
        for payload in [call(module, name, f"touch {sentinel}", protocol)]
    ]
    assert refuse_all(cases, tmp_path) >= 160
    assert not sentinel.exists()
    file = tmp_path / "case.pkl"
    file.write_bytes(within(call("os", "system", "x", 4), "label"))
    assert "names `os.system`" in refused(file) and "nothing was run" in refused(file)
    file.write_bytes(within(call("torch._utils", "_rebuild_tensor_v2", "x", 4), "label"))
    assert "numpy arrays" in refused(file)


def test_the_attacks_would_work_on_a_common_unpickler():
    for protocol in (2, 4):
        assert pickle.loads(within(call("builtins", "len", "abc", protocol), "alone")) == 3
    found = pickle.loads(within(call("builtins", "len", "abc", 4), "label"))
    assert found == {"train": {"regression_labels": 3}}
    found = pickle.loads(within(call("builtins", "len", "abc", 4), "item"))
    assert found == {"train": {"regression_labels": [3]}}


class Runs:
    """An object that asks for a call when it is opened with Python's own unpickler."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_what_pickle_itself_writes_of_calls(corpus, tmp_path):
    sentinel = tmp_path / "ran"
    payloads = [
        Runs(os.system, f"touch {sentinel}"),
        Runs(eval, f"open({str(sentinel)!r}, 'w')"),
        Runs(exec, f"open({str(sentinel)!r}, 'w')"),
        Runs(np.fromfile, str(sentinel)),
        Runs(pickle.loads, b"."),
    ]
    cases = []
    for i, payload in enumerate(payloads):
        for protocol in range(6):
            content = layouts.mmsa(corpus)
            content["train"]["audio"] = payload
            cases.append((f"{i} {protocol}", pickle.dumps(content, protocol)))
        array = np.array([payload, 1], object)  # objects in an array are pickled one by one
        cases.append((f"{i} array", {"train": {"regression_labels": array}}))
        nested = pickle.dumps(payload)  # a pickle in a pickle stays bytes
        cases.append((f"{i} nested", {"train": {"regression_labels": nested}}))
    assert refuse_all(cases, tmp_path) == 40
    assert not sentinel.exists()


def test_only_names_of_data_are_admitted():
    assert all(
        name.startswith(("numpy.", "builtins.", "__builtin__.", "collections.", "_codecs.encode"))
        for name in ADMITTED
    )
    assert len(ADMITTED) < 40


def test_claims_that_the_file_does_not_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MOST_OPERATIONS", 110_000)
    huge = [2**31 - 1, 2**40, 2**62]
    cases = [
        *((f"bytes {n}", b"\x80\x04\x8e" + struct.pack("<Q", n) + b"ab.") for n in huge),
        *((f"text {n}", b"\x80\x04\x8d" + struct.pack("<Q", n) + b"ab.") for n in huge),
        *((f"bytearray {n}", b"\x80\x05\x96" + struct.pack("<Q", n) + b"ab.") for n in huge),
        *((f"frame {n}", b"\x80\x04\x95" + struct.pack("<Q", n) + b"N.") for n in huge),
        ("negative string", b"\x80\x02T\xff\xff\xff\xffabc."),
        ("long", b"\x80\x02\x8b\xff\xff\xff\x7fabc."),
        ("negative long", b"\x80\x02\x8b\xff\xff\xff\xffabc."),
        ("digits", b"I" + b"9" * 100_000 + b"\n."),
        ("line", b"S'" + b"9" * 100_000),
        ("marks", b"\x80\x04" + b"(" * 100_000 + b"."),
        ("lists", b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b"."),
        ("tuples", b"\x80\x04N" + b"\x85" * 50_000 + b"."),
        ("itself", b"\x80\x04]\x94h\x00a."),
        ("doubling", b"\x80\x04]" + b"2\x86" * 200 + b"."),
        ("no memo", b"\x80\x04j\xff\xff\xff\xff."),
        ("empty stack", b"\x80\x04."),
        ("operations", b"\x80\x04" + b"N0" * 60_000 + b"."),
        ("keys", {2**61 * i: 0 for i in range(1, 9)}),
        ("nothing", b""),
        ("one byte", b"\x80"),
        ("protocol 9", b"\x80\x09N."),
    ]
    for n in (*huge, -1):
        for make in ("array", "buffer", "scalar"):
            cases.append((f"{make} {n}", claim(make, n)))
    assert refuse_all(cases, tmp_path) >= 40


def claim(make, n):
    """An array that says it has n numbers, over eight bytes."""
    honest = np.arange(1.0)
    if make == "scalar":
        return pickle.dumps(honest[0], 2).replace(b"f8", b"S9", 1)
    written = pickle.dumps(honest, 5 if make == "buffer" else 2)
    number = b"\x8a\x08" + struct.pack("<q", n)
    return written.replace(b"K\x01\x85", number + b"\x85")


def changed(corpus, change, layout=layouts.mmsa):
    content = layout(corpus)
    change(content["train"])
    return content


def set_item(key, value):
    return lambda part: part.__setitem__(key, value)


def set_entry(key, index, value):
    def change(part):
        part[key] = np.array(part[key])
        part[key][index] = value

    return change


MMSA_FAULTS = {
    "ids too few": lambda p: p["id"].pop(),
    "text too few": lambda p: p.update(text=p["text"][:-1]),
    "a flat array": lambda p: p.update(audio=p["audio"].reshape(-1)),
    "four dimensions": lambda p: p.update(audio=p["audio"][None]),
    "no channels": lambda p: p.update(audio=p["audio"][:, :, :0]),
    "no steps": lambda p: p.update(audio=p["audio"][:, :0]),
    "other channels": lambda p: p.update(audio=p["audio"][:, :, :2]),
    "audio is text": lambda p: p.update(audio="loud"),
    "audio is nothing": lambda p: p.update(audio=None),
    "audio is objects": lambda p: p.update(audio=np.array([{}] * len(p["id"]), object)),
    "audio is words": lambda p: p.update(audio=p["audio"].astype(str)),
    "audio is complex": lambda p: p.update(audio=p["audio"].astype(complex)),
    "audio is missing": lambda p: p.pop("audio"),
    "ragged": lambda p: p.update(audio=[[[1.0]] * (i + 1) for i in range(len(p["id"]))]),
    "lengths negative": set_entry("audio_lengths", 0, -1),
    "lengths missing one": lambda p: p.update(audio_lengths=p["audio_lengths"][1:]),
    "lengths half": lambda p: p.update(audio_lengths=np.full(len(p["id"]), 1.5)),
    "lengths NaN": lambda p: p.update(audio_lengths=np.full(len(p["id"]), np.nan)),
    "lengths text": lambda p: p.update(audio_lengths=["a"] * len(p["id"])),
    "label NaN": set_entry("regression_labels", 0, np.nan),
    "label infinite": set_entry("regression_labels", 1, -np.inf),
    "label text": lambda p: p.update(regression_labels=["good"] * len(p["id"])),
    "labels twofold": lambda p: p.update(regression_labels=np.ones((len(p["id"]), 2))),
    "label a number": set_item("regression_labels", 3.0),
    "label 0-d": set_item("regression_labels", np.array(3.0)),
    "labels nested": lambda p: p.update(regression_labels=[[[[[[[[1]]]]]]]] * len(p["id"])),
    "no id": lambda p: p.pop("id"),
    "id nothing": lambda p: p.update(id=[None] * len(p["id"])),
    "id empty": lambda p: p.update(id=[""] * len(p["id"])),
    "id a list": lambda p: p.update(id=[["a", "b"]] * len(p["id"])),
    "id endless": lambda p: p.update(id=["a" * 200_000] * len(p["id"])),
    "text a dictionary": lambda p: p.update(raw_text={}),
}
WHOLE_FAULTS = {
    "split is a list": lambda p: {"train": [1, 2], "valid": p},
    "split is empty": lambda p: {"train": {}, "valid": p},
    "other keys": lambda p: {"a": p},
    "nothing": lambda p: {},
    "a number": lambda p: 3,
    "an array": lambda p: np.ones(3),
    "a set": lambda p: {1, 2},
    "audio is NaN": lambda p: {"train": {**p, "audio": p["audio"] * np.nan}},
    "extra is wrong": lambda p: {"train": {**p, "mmmie": 3}},
    "extra is empty": lambda p: {"train": {**p, "mmmie": {}}},
    "extra lies": lambda p: {"train": {**p, "mmmie": {"description": {"format": 1}}}},
}
MULT_FAULTS = {
    "labels wide": lambda p: p.update(labels=np.ones((len(p["labels"]), 3, 3))),
    "label NaN": lambda p: p["labels"].fill(np.nan),
    "id short": lambda p: p.update(id=p["id"][1:]),
    "id pairs": lambda p: p.update(id=p["id"][:, :2].tolist()[:1] + p["id"].tolist()[1:]),
    "text missing": lambda p: p.pop("text"),
    "vision flat": lambda p: p.update(vision=np.ones(len(p["labels"]))),
    "labels a number": set_item("labels", 1),
}
SEGMENT_FAULTS = {
    "short": lambda p: p.__setitem__(0, p[0][:2]),
    "features short": lambda p: p.__setitem__(1, (p[1][0][:3], *p[1][1:])),
    "label wide": lambda p: p.__setitem__(0, (p[0][0], np.ones((1, 3)), p[0][2])),
    "label NaN": lambda p: p.__setitem__(0, (p[0][0], np.full((1, 1), np.nan), p[0][2])),
    "visual text": lambda p: p.__setitem__(0, ((1, "a", *p[0][0][2:]), *p[0][1:])),
    "visual 3-d": lambda p: p.__setitem__(
        0, ((p[0][0][0], np.ones((2, 2, 3)), *p[0][0][2:]), *p[0][1:])
    ),
    "other channels": lambda p: p.__setitem__(
        0, ((p[0][0][0], np.ones((2, 9)), *p[0][0][2:]), *p[0][1:])
    ),
    "a number": lambda p: p.__setitem__(2, 5),
    "segment nothing": lambda p: p.__setitem__(0, (*p[0][:2], None)),
}


def test_content_that_does_not_fit(corpus, tmp_path):
    cases = [(name, changed(corpus, change)) for name, change in MMSA_FAULTS.items()]
    train = layouts.mmsa(corpus)["train"]
    cases += [(name, change(train)) for name, change in WHOLE_FAULTS.items()]
    cases += [("no features", {"train": {k: train[k] for k in ("id", "regression_labels")}})]
    cases += [(name, changed(corpus, change, layouts.mult)) for name, change in MULT_FAULTS.items()]
    cases += [
        (name, changed(corpus, change, layouts.segments)) for name, change in SEGMENT_FAULTS.items()
    ]
    assert refuse_all(cases, tmp_path) >= 60


def test_contextual_content_that_does_not_fit(make_corpus, tmp_path):
    classes = ("neutral", "positive", "negative")
    levels = dict.fromkeys(LEVELS, "utterance")
    whole = list(layouts.contextual(make_corpus(levels=levels, classes=classes)))
    cases = []
    for index in range(9):
        for name, value in (("empty", {}), ("number", 3), ("none", None)):
            cases.append((f"{index} {name}", (*whole[:index], value, *whole[index + 1 :])))
    for index in range(1, 7):
        short = {key: items[1:] for key, items in whole[index].items()}
        cases.append((f"{index} short", (*whole[:index], short, *whole[index + 1 :])))
    # a set without a name is no fault of one half, and ids are not looked at
    allowed = [c for c in cases if c[0] in ("0 empty", "0 number", "0 none", "7 empty", "8 empty")]
    cases = [c for c in cases if c not in allowed]
    assert refuse_all(cases, tmp_path) >= 25


def test_truncated_pickles(corpus, tmp_path):
    cases = []
    for name in ("mmsa", "mult", "segments"):
        for protocol in (2, 4):
            whole = pickle.dumps(getattr(layouts, name)(corpus), protocol)
            for part in np.linspace(0.001, 0.9999, 12):
                cases.append((f"{name} {protocol} {part}", whole[: int(len(whole) * part)]))
    assert refuse_all(cases, tmp_path) == 72


def test_text_that_is_none(corpus, tmp_path):
    """Bytes that are not UTF-8, lone surrogates and impossible characters never break a line."""
    content = layouts.mmsa(corpus)
    n = len(content["train"]["id"])
    content["train"]["raw_text"] = ["\ud800 alone", b"\xff\xfe", "a\x00b", "\u202e", *"x" * (n - 4)]
    file = layouts.write_pickle(content, tmp_path / "a.pkl")
    texts = load_corpus(file).utterances["transcript"]
    assert list(texts[:4]) == ["? alone", "ÿþ", "a\x00b", "\u202e"]
    wrong = pickle.dumps(np.array(["ab"] * n)).replace(b"a\x00\x00\x00", b"\xff\xff\xff\xff")
    content["train"]["raw_text"] = "HERE"
    whole = pickle.dumps(content, 4).replace(b"\x8c\x04HERE", wrong[2:-1].replace(b"\x94", b""))
    file.write_bytes(whole)
    assert refused(file)


@pytest.fixture(scope="module")
def pickled():
    labels = np.linspace(-1, 1, 4, dtype=np.float32)
    part = {
        "id": [f"v$_${i}" for i in range(4)],
        "regression_labels": labels,
        "audio": np.ones((4, 2, 3), np.float32),
    }
    return pickle.dumps({"train": part, "valid": part}, 4)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1))
def test_any_bytes_changed(pickled, tmp_path, changes):
    """Either a whole corpus or one line."""
    damaged = bytearray(pickled)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    (tmp_path / "a.pkl").write_bytes(damaged)
    refused(tmp_path / "a.pkl")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path, content):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + content)
    refused(tmp_path / "a.pkl")


def test_objects_of_python_itself_come_back(tmp_path):
    value = {"a": [1, -2.5, "x", None, True, 2**70], "b": (1, (2, 3)), "c": b"ab", "d": {"q", 3}}
    for protocol in range(6):
        file = layouts.write_pickle(value, tmp_path / "a.pkl", protocol)
        assert load_pickle(file)[0] == value
