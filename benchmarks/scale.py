"""How time and memory grow with the number of utterances: two Markdown tables.

    python benchmarks/scale.py --sizes 1000 10000 100000 250000 --folder path/to/space
    python benchmarks/scale.py --sizes 1000 10000 100000 250000 --analysis

Corpora are generated and written as a stream into a folder: text of 384 channels per utterance,
audio and vision of 20 channels over 4 to 12 steps, float32; conversations of 20 turns with two
speakers; 80 % train, 20 % valid. Every size runs in a process of its own, which opens the folder,
makes a trainer, trains one epoch with the defaults and validates; the checks by fresh critics,
which cost the same at every size, are left out. Memory is RssAnon at its peak, sampled every
20 ms: features are mapped from the file, so their pages belong to the system's cache. What the
process holds before it opens the corpus is taken off.

Seconds are those of the processor, on one thread. The epoch has its validation in it. The exponent
is the slope of a line through the logarithms, once of all sizes and once of those from 10,000 on,
where what a process does once no longer counts.

With `--analysis` it takes what pages ask for, on the train split: what the model says as trained
and under seven interventions, then PCA, neighbours, Shapley values of the modalities of every
prediction, and the bootstrap of the error over conversations.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from common import head, own_process, parser, row

TURNS = 20
TRAIN = 0.8
TEXT, FACE = 384, 20
STEPS = 4, 12
CHUNK = 10_000
TRAINING = ("open", "trainer", "epoch", "validation")
ANALYSIS = ("outputs", "PCA", "neighbours", "Shapley", "bootstrap")
MIB = 2**20


def main() -> None:
    """Measure every size, print a row when it is known, then the exponents."""
    asked = parser(__doc__)
    asked.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    asked.add_argument("--folder", type=Path, help="where to write; a temporary folder else")
    asked.add_argument("--analysis", action="store_true", help="time analysis, not training")
    asked.add_argument("--corpus", type=Path, help="one that is written already, in this process")
    options = asked.parse_args()
    if options.corpus:
        print(json.dumps((analyse if options.analysis else train)(options.corpus)))
        return
    parts = ANALYSIS if options.analysis else TRAINING
    print(head(["utterances", "features", *(f"{part} s" for part in parts), "memory"]))
    rows = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
            folder = Path(scratch) / "corpus"
            write_corpus(folder, size)
            what = ["--analysis"] if options.analysis else []
            taken = own_process(__file__, "--corpus", folder, *what)
            features = (folder / "features.safetensors").stat().st_size
        rows.append([taken[part] for part in parts])
        seconds = [f"{value:.2f}" for value in rows[-1]]
        sizes = [f"{size:,}", f"{features / MIB:.0f} MiB"]
        print(row([*sizes, *seconds, f"{taken['memory'] / MIB:.0f} MiB"]), flush=True)
    for least in (0, 10_000):
        at = [i for i, size in enumerate(options.sizes) if size >= least]
        if len(at) > 1:
            logarithms = np.log([options.sizes[i] for i in at])
            slopes = np.polyfit(logarithms, np.log([rows[i] for i in at]), 1)[0]
            found = [f"{slope:.2f}" for slope in slopes]
            print(row([f"exponent from {options.sizes[at[0]]:,} on", "", *found, ""]))


def write_corpus(folder: Path, size: int, train: float = TRAIN) -> None:
    """Generate a corpus folder of `size` utterances, never holding much of it.

    Args:
        folder: is made.
        size: utterances.
        train: share of the conversations in train; the others are valid.
    """
    folder.mkdir()
    random = np.random.default_rng(0)
    lengths = random.integers(STEPS[0], STEPS[1] + 1, size)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    label = np.clip(random.normal(0, 1.3, size), -3, 3).round(2).astype(np.float32)
    steps = int(offsets[-1])
    shapes = {"audio": (steps, FACE), "text": (size, TEXT), "vision": (steps, FACE)}
    header: dict[str, Any] = {}
    at = 0
    for name, shape in shapes.items():
        header[name] = {
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [at, at + 4 * shape[0] * shape[1]],
        }
        at = header[name]["data_offsets"][1]
    for name in ("audio", "vision"):
        header[f"{name}.offsets"] = {
            "dtype": "I64",
            "shape": [size + 1],
            "data_offsets": [at, at + offsets.nbytes],
        }
        at += offsets.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "features.safetensors").open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for rows, dim in shapes.values():
            said = label if rows == size else np.repeat(label, lengths)
            for start in range(0, rows, CHUNK):
                part = said[start : start + CHUNK, None]
                values = random.standard_normal((len(part), dim), np.float32)
                values[:, :5] += 0.5 * part
                stream.write(values.tobytes())
        for _ in range(2):
            stream.write(offsets.tobytes())
    conversations = -(-size // TURNS)
    with (folder / "utterances.csv").open("w") as table:
        table.write("id,conversation,position,split,speaker,label,transcript\n")
        for i in range(size):
            c, turn = divmod(i, TURNS)
            split = "train" if c < train * conversations else "valid"
            table.write(
                f"c{c}_{turn},c{c},{turn},{split},s{c}_{turn % 2},{label[i]:.2f},so it was\n"
            )
    level = {"text": "utterance", "audio": "sequence", "vision": "sequence"}
    described = {
        "format": "mmmie-corpus/1",
        "name": f"scale-{size}",
        "label": {"name": "sentiment", "kind": "regression", "range": [-3, 3]},
        "modalities": {n: {"dim": shapes[n][1], "level": level[n]} for n in level},
    }
    (folder / "corpus.json").write_text(json.dumps(described), "utf-8")


def train(folder: Path) -> dict[str, float]:
    """Seconds of every part of `TRAINING`, and bytes of memory."""
    from mmmie import load_config, load_corpus
    from mmmie.training.callbacks import Callback
    from mmmie.training.trainer import Trainer

    taken: dict[str, float] = {}

    class Parts(Callback):
        """Tells the steps of an epoch from its validation."""

        def on_start(self, trainer: Trainer) -> None:
            self.begun = self.stepped = time.process_time()

        def on_batch(self, trainer: Trainer, step: int, steps: int) -> None:
            self.stepped = time.process_time()

        def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
            now = time.process_time()
            taken["epoch"], taken["validation"] = now - self.begun, now - self.stepped

    config = load_config(overrides=["training.epochs=1", "training.mi_check_every=0"])
    with _memory(taken):
        corpus = _timed(taken, "open", lambda: load_corpus(folder))
        made = lambda: Trainer(corpus, config, "cpu", callbacks=[Parts()])  # noqa: E731
        _timed(taken, "trainer", made).fit()
    return taken


def analyse(folder: Path) -> dict[str, float]:
    """Seconds of every part of `ANALYSIS`, and bytes of memory."""
    from mmmie import load_checkpoint, load_config, load_corpus
    from mmmie.analysis import outputs
    from mmmie.analysis.codes import neighbours, projections
    from mmmie.analysis.credit import contributions
    from mmmie.analysis.errors import resampling
    from mmmie.training.run import train

    config = load_config(overrides=["training.epochs=1", "training.mi_check_every=0"])
    run = train(folder, folder.parent / "run", config, device="cpu")
    checkpoint, corpus = load_checkpoint(run.path), load_corpus(folder)
    taken: dict[str, float] = {}
    with _memory(taken):
        said = _timed(taken, "outputs", lambda: checkpoint.outputs(corpus, "train"))
        codes = said.spaces["fused"]
        _timed(taken, "PCA", lambda: projections.pca(codes))
        _timed(taken, "neighbours", lambda: neighbours.nearest(codes, 0))
        share = lambda: contributions.split_contributions(checkpoint, corpus, "train")  # noqa: E731
        _timed(taken, "Shapley", share)
        groups = corpus.utterances["conversation"].factorize()[0][said.rows]
        error = np.abs(said.output[outputs.TRAINED] - corpus.targets[said.rows])[:, None]
        _timed(taken, "bootstrap", lambda: resampling.mean_intervals(error, groups))
    return taken


def _timed(taken: dict[str, float], name: str, act: Callable[[], Any]) -> Any:
    started = time.process_time()
    result = act()
    taken[name] = time.process_time() - started
    return result


@contextmanager
def _memory(taken: dict[str, float]) -> Iterator[None]:
    """The most anonymous memory while this lasts, less what there was before."""
    done = threading.Event()
    before = peak = _anonymous()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, _anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        taken["memory"] = max(peak, _anonymous()) - before


def _anonymous() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status names no RssAnon; this needs Linux")


if __name__ == "__main__":
    main()
