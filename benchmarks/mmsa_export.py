"""MMSA's own loader on what we export: are its arrays the corpus', and does a model train on them?

    pip install -e ".[benchmarks]"
    python benchmarks/mmsa_export.py demo path/to/mosi likert

Each corpus (`likert` is the one of `odd_corpora`: float16, labels in [1, 5], modalities of the same
steps) is written by `mmmie data convert --to mmsa` and opened by `MMSA.data_loader.MMDataLoader`
with MMSA's configuration of one model that takes unaligned sequences and, where all modalities of
an utterance have the same steps, of one that takes aligned ones. MMSA opens no file without a test
split; where a corpus has none, it is given the valid split twice. Every array, length, label, id
and transcript of every batch is compared with the corpus; then the model takes one step of Adam.
Ends with status 1 where anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmmie import Corpus, load_corpus
from mmmie.corpus import SPLITS
from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets.formats.mmsa_export import MODALITIES

UNALIGNED, ALIGNED = "lf_dnn", "mfn"
GENERATED = "likert"


def main() -> None:
    """Export, open, compare, train a step; one row each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="+")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| corpus | range | read as | train / valid / test | values compared | differ | step |")
    print("|---|---|---|---|---|---|---|")
    differing = 0
    for name in options.corpora:
        with tempfile.TemporaryDirectory() as scratch:
            data = name if name != GENERATED else str(_generated(Path(scratch) / name))
            corpus, file = load_corpus(data), Path(scratch) / "corpus.pkl"
            command = [sys.executable, "-m", "mmmie", "data", "convert", data, str(file)]
            subprocess.run([*command, "--to", "mmsa"], check=True, capture_output=True)
            _fill_test(file)
            for model in (UNALIGNED, ALIGNED) if is_aligned(corpus) else (UNALIGNED,):
                differing += _row(corpus, file, model)
    sys.exit(bool(differing))


def _fill_test(file: Path) -> None:
    content = pickle.loads(file.read_bytes())
    if not content["test"]["id"]:
        file.write_bytes(pickle.dumps({**content, "test": content["valid"]}))


def _row(corpus: Corpus, file: Path, model: str) -> int:
    plain = open_loaders(file, model, need_normalized=False)
    compared, differ = compare(corpus, plain)
    moved = step(file, model)
    low, high = corpus.label.range or (np.nan, np.nan)
    counts = " / ".join(f"{int((corpus.utterances['split'] == split).sum()):,}" for split in SPLITS)
    print(
        f"| {corpus.name} | [{low:g}, {high:g}] | {'aligned' if model == ALIGNED else 'unaligned'} "
        f"| {counts} | {compared:,} | {differ:,} | {model}, {moved:,} weights moved |",
        flush=True,
    )
    return differ


def is_aligned(corpus: Corpus) -> bool:
    """Whether text, audio and vision of every utterance have the same steps."""
    steps = [corpus.features[name].lengths for name in MODALITIES]
    ones = np.ones(len(corpus), np.int64)
    return all(
        np.array_equal(ones if s is None else s, steps[0] if steps[0] is not None else ones)
        for s in steps
    )


def open_loaders(file: Path, model: str, **settings: Any) -> dict[str, Any]:
    """MMSA's loaders of the three splits, with its own configuration of a model for MOSI."""
    from MMSA.data_loader import MMDataLoader

    return MMDataLoader(configuration(file, model, **settings), num_workers=0)


def configuration(file: Path, model: str, **settings: Any) -> Any:
    """MMSA's configuration of a model for MOSI, on a file of ours and the CPU."""
    from MMSA.config import get_config_regression

    found = get_config_regression(model, "mosi")
    found.update(
        custom_feature=str(file), feature_T="", feature_A="", feature_V="",
        device=torch.device("cpu"), train_mode="regression", **settings,
    )  # fmt: skip
    return found


def compare(corpus: Corpus, loaders: dict[str, Any]) -> tuple[int, int]:
    """How many values MMSA's batches hold, and how many are not those of the corpus."""
    compared = differ = 0
    table = corpus.utterances
    for split, batches in loaders.items():
        if split not in corpus.splits:
            continue
        rows = np.flatnonzero((table["split"] == split).to_numpy())
        seen = []
        for batch in batches:
            for at, index in enumerate(batch["index"].tolist()):
                seen.append(index)
                row = int(rows[index])
                for found, wanted in _pairs(corpus, row, batch, at):
                    compared += wanted.size
                    differ += (
                        wanted.size if found.shape != wanted.shape else int((found != wanted).sum())
                    )
        differ += sorted(seen) != list(range(len(rows)))
    return compared, differ


def _pairs(corpus: Corpus, row: int, batch: dict[str, Any], at: int) -> Any:
    """What MMSA holds of an utterance beside what the corpus does, both as arrays."""
    one = corpus.utterances.iloc[row]
    for name in MODALITIES:
        held = batch[name][at].numpy()
        steps = np.atleast_2d(corpus.features[name].of(row)).astype(np.float32)
        padded = np.zeros_like(held)
        padded[: len(steps)] = steps
        yield held, padded
        if f"{name}_lengths" in batch:
            yield np.array(int(batch[f"{name}_lengths"][at])), np.array(len(steps))
    yield batch["labels"]["M"][at].numpy(), corpus.targets[row : row + 1]
    yield np.array(batch["id"][at]), np.array(f"{one['conversation']}$_${one['position']}")
    yield np.array(batch["raw_text"][at]), np.array(str(one.get("transcript", "")))


def step(file: Path, model: str) -> int:
    """Train one of MMSA's models by one step of Adam: how many weights it moves, all finite.

    Raises:
        ArithmeticError: the loss or a weight is not finite.
    """
    from MMSA.data_loader import MMDataLoader
    from MMSA.models import AMIO

    settings = configuration(file, model)
    torch.manual_seed(0)
    with contextlib.redirect_stderr(io.StringIO()):
        loaders = MMDataLoader(settings, num_workers=0)
        network = AMIO(settings)
    before = {name: value.clone() for name, value in network.named_parameters()}
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    batch = next(iter(loaders["train"]))
    output = network(batch["text"], batch["audio"], batch["vision"])["M"]
    loss = (output.reshape(-1) - batch["labels"]["M"].reshape(-1)).abs().mean()
    loss.backward()
    optimiser.step()
    if not all(bool(value.isfinite().all()) for value in (loss, *network.parameters())):
        raise ArithmeticError(f"{model}: the loss or a weight is not finite")
    return sum(int((value != before[name]).sum()) for name, value in network.named_parameters())


def _generated(folder: Path) -> Path:
    from odd_corpora import make_corpus

    save_corpus_folder(make_corpus(folder.name), folder)
    return folder


if __name__ == "__main__":
    main()
