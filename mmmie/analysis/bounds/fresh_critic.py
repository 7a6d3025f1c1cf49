"""An independent check of the bounds: critics trained from scratch on the codes as they are.

The critic of a run was trained with the codes, and the codes with it. A fresh one has no part in
that, is larger, and sees codes that do not move. It runs in a process of its own:
``python -m mmmie.analysis.bounds.fresh_critic CHECKPOINT DATA SPLIT OUT``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from mmmie.analysis.checkpoints import Checkpoint, load_checkpoint
from mmmie.corpus import Corpus
from mmmie.files import write_json

STEPS = 300
BATCH = 128
HIDDEN = 128


def cached_check(
    checkpoint: Checkpoint, corpus: Corpus, split: str, cache: Path
) -> pd.DataFrame | None:
    """The check of a split if it has been made, else None; see `start_check`.

    Returns:
        `family` (``pair``: between the invariant codes of two modalities; ``invariant``: between
        the input of a modality and its z), `name`, `nats`, `std`, `ceiling`, `n`. All are
        lower bounds by InfoNCE, so for ``invariant`` they stand below the upper bound of the run.
    """
    try:
        rows = json.loads(_file(checkpoint, corpus, split, cache).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return pd.DataFrame(rows, columns=["family", "name", "nats", "std", "ceiling", "n", "seconds"])


def start_check(
    checkpoint: Checkpoint, corpus: Corpus, split: str, cache: Path
) -> subprocess.Popen[bytes]:
    """Make the check in a process of its own; `cached_check` finds it when it is done."""
    data = str(corpus.path) if corpus.path else corpus.name
    out = _file(checkpoint, corpus, split, cache)
    folder = str(checkpoint.info.folder)
    return subprocess.Popen(
        [sys.executable, "-m", "mmmie.analysis.bounds.fresh_critic", folder, data, split, str(out)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def fresh_estimates(
    checkpoint: Checkpoint, corpus: Corpus, split: str, *, steps: int = STEPS, seed: int = 0
) -> list[dict[str, Any]]:
    """The rows of `cached_check`, computed here; takes seconds and needs torch.

    The codes are sampled as in training, since that is what the bounds of the run are about. The
    input of a modality stands for by its standardised features pooled over time: as a function
    of the input they share no more with z than it does, so the bound stays one.
    """
    import torch

    from mmmie.mi import estimate
    from mmmie.model.features import FeatureStore
    from mmmie.model.inference import encode_rows
    from mmmie.training.measuring import sample_codes

    model = checkpoint.model
    names = list(model.modalities)
    rows = corpus.rows(split)
    store = FeatureStore(corpus, names, checkpoint.device)
    with torch.inference_mode():
        everything = encode_rows(model, store, rows)
        codes = sample_codes(everything, torch.arange(len(rows)), model.settings.stochastic)
    z, present = codes.invariant.sample.numpy(), codes.present.numpy()

    def row(family: str, name: str, x: Any, y: Any) -> dict[str, Any]:
        found = estimate(x, y, "infonce", steps=steps, batch_size=BATCH, hidden=HIDDEN, seed=seed)
        held = asdict(found)
        kept = {key: held[key] for key in ("nats", "std", "ceiling", "n", "seconds")}
        return {"family": family, "name": name, **kept}

    found = []
    for m, n in combinations(range(len(names)), 2):
        both = present[:, m] & present[:, n]
        found.append(row("pair", f"{names[m]}-{names[n]}", z[both, m], z[both, n]))
    for m, name in enumerate(names):
        here = present[:, m]
        found.append(row("invariant", name, codes.summaries[m].numpy()[here], z[here, m]))
    return found


def _file(checkpoint: Checkpoint, corpus: Corpus, split: str, cache: Path) -> Path:
    key = f"{checkpoint.fingerprint}-{corpus.fingerprint}-{split}-{STEPS}"
    return cache / f"fresh-critic-{key}.json"


def _main(folder: str, data: str, split: str, out: str) -> None:
    import torch

    torch.set_num_threads(1)
    checkpoint = load_checkpoint(folder)
    write_json(Path(out), fresh_estimates(checkpoint, checkpoint.corpus(data), split))


if __name__ == "__main__":
    _main(*sys.argv[1:])
