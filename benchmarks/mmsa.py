"""The models of MMSA 2.2.1 on a corpus of ours: one Markdown table.

    pip install --no-deps MMSA==2.2.1 easydict nvidia-ml-py3 && pip install transformers
    python benchmarks/mmsa.py --data path/to/corpus --seeds 3 --models tfn lmf mult

They train on the CPU with MMSA's own settings for MOSI, and MMSA's own early stopping by the loss
on valid; predictions are judged by `mmmie.metrics`, so figures on valid flatter as ours do. Text
is the corpus' own features: without BERT tokens, MISA, Self-MM and MMIM cannot run. All features
are standardised by train first, which is to MMSA's good: it scales no text, and sentence
embeddings of length 1 are too small for its learning rates.

Differences from MMSA's own `MMSA_run`, which cannot do without CUDA: its parts are called one by
one; `ReduceLROnPlateau` drops the argument `verbose`, which torch no longer takes; where a
modality has fewer steps than MulT's convolutions are wide (5, unpadded), they are 1 wide. The
models see no test split: MMSA looks at one only for its log, and is given the valid split.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import head, parser, row
from scipy.stats import t
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader

from mmmie import Corpus, InputError, load_corpus
from mmmie.corpus import Features
from mmmie.datasets.formats.mmsa_export import MODALITIES, to_mmsa
from mmmie.metrics import metrics_for
from mmmie.model.features import feature_moments

MODELS = ("tfn", "lmf", "mult", "lf_dnn", "ef_lstm", "mfn", "graph_mfn")
FIRST_SEED = 1111  # MMSA's own
RANGE = (-3.0, 3.0)
CLIP = 8.0
METRICS = {"mae": "MAE", "corr": "Corr", "acc2_nonzero": "Acc-2 non-zero", "acc7": "Acc-7"}


def main() -> None:
    """Export, train, evaluate, print each row when it is known."""
    asked = parser(__doc__)
    asked.add_argument("--data", required=True)
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--split", default="valid")
    asked.add_argument("--models", nargs="+", default=["tfn", "lmf", "mult"], choices=MODELS)
    asked.add_argument(
        "--without", nargs="+", default=[], choices=MODALITIES, help="modalities set to zero"
    )
    options = asked.parse_args()
    try:
        corpus = _prepared(load_corpus(options.data), options.without)
        if corpus.label.range != RANGE:
            raise InputError(f"{corpus.where}: `label.range` is not [-3, 3], which TFN assumes")
        rows = corpus.rows(options.split)
        content = to_mmsa(corpus)
    except InputError as error:
        sys.exit(f"{error}")
    left = f" without {' and '.join(options.without)}" if options.without else ""
    print(f"{corpus.name}{left}, {options.split}, {len(rows)} utterances\n")
    print(head(["model", *METRICS.values(), "seeds", "CPU seconds per seed"]))
    torch.set_num_threads(1)
    judged = content[options.split]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "corpus.pkl"
        file.write_bytes(pickle.dumps({**content, "test": content["valid"], "judged": judged}))
        for name in options.models:
            started = time.process_time()
            results = []
            for seed in range(options.seeds):
                output = predictions(name, file, FIRST_SEED + seed)
                results.append(metrics_for(corpus.label, output, corpus.targets[rows]))
            seconds = (time.process_time() - started) / options.seeds
            cells = [_interval([result[key] for result in results]) for key in METRICS]
            print(row([f"MMSA {name}", *cells, len(results), f"{seconds:.1f}"]), flush=True)


def predictions(name: str, file: Path, seed: int) -> np.ndarray:
    """Train a model of MMSA and predict the utterances under ``judged`` in an MMSA pickle (n,)."""
    from MMSA.data_loader import MMDataset

    best = file.with_name(f"{name}.pth")
    with ready(name, file, best, seed) as (model, loaders, trainer):
        trainer.do_train(model, loaders)
    model.load_state_dict(torch.load(best))
    return _outputs(model, DataLoader(MMDataset(trainer.args, "judged"), trainer.args.batch_size))


@contextlib.contextmanager
def ready(
    name: str, file: Path, best: Path, seed: int, device: str = "cpu"
) -> Iterator[tuple[torch.nn.Module, dict[str, DataLoader], Any]]:
    """A model of MMSA, its loaders and its trainer, with MMSA's own settings for MOSI.

    Args:
        name: one of `MODELS`.
        file: an MMSA pickle.
        best: where the trainer is to keep the best weights.
        seed: of everything random.
        device: where it trains.
    """
    from MMSA.config import get_config_regression
    from MMSA.data_loader import MMDataLoader
    from MMSA.models import AMIO
    from MMSA.trains import ATIO
    from MMSA.utils import setup_seed

    settings = get_config_regression(name, "mosi")
    settings.update(
        custom_feature=str(file),
        feature_T="",
        feature_A="",
        feature_V="",
        model_save_path=best,
        device=torch.device(device),
        train_mode="regression",
        cur_seed=1,
    )
    with contextlib.redirect_stderr(io.StringIO()), _plateau_without_verbose():
        setup_seed(seed)
        loaders = MMDataLoader(settings, num_workers=0)
        _narrow_convolutions(settings)
        yield AMIO(settings).to(device), loaders, ATIO().getTrain(settings)


def _interval(values: list[float]) -> str:
    """The mean over seeds with its 95 % t interval."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return f"{mean:.3f}"
    error = statistics.stdev(values) / math.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


@torch.inference_mode()
def _outputs(model: torch.nn.Module, batches: DataLoader) -> np.ndarray:
    model.eval()
    outputs = [model(batch["text"], batch["audio"], batch["vision"])["M"] for batch in batches]
    return torch.cat([output.reshape(-1) for output in outputs]).numpy()


def _prepared(corpus: Corpus, without: Sequence[str]) -> Corpus:
    """Features standardised by train, or zero throughout: MMSA's models take all modalities."""
    features = {}
    for name, held in corpus.features.items():
        mean, deviation = feature_moments(held, corpus.rows("train"))
        values = np.clip((held.values - mean) / deviation, -CLIP, CLIP).astype(np.float32)
        features[name] = Features(values * (name not in without), held.offsets)
    return replace(corpus, features=features)


def _narrow_convolutions(settings: Any) -> None:
    """MulT's convolutions, unpadded, must not be wider than a sequence is long."""
    for letter, steps in zip("lav", settings["seq_lens"], strict=True):
        key = f"conv1d_kernel_size_{letter}"
        if key in settings and settings[key] > steps:
            settings[key] = 1


@contextlib.contextmanager
def _plateau_without_verbose() -> Any:
    """MMSA's schedulers, built without the argument that torch has dropped."""

    def plateau(*arguments: Any, verbose: bool = False, **settings: Any) -> ReduceLROnPlateau:
        return ReduceLROnPlateau(*arguments, **settings)

    module: Any = importlib.import_module("MMSA.trains.singleTask.MULT")
    module.ReduceLROnPlateau = plateau
    try:
        yield
    finally:
        module.ReduceLROnPlateau = ReduceLROnPlateau


if __name__ == "__main__":
    main()
