"""Train every checkpoint that ships: ``python -m checkpoints.build [NAME …]``.

Each ``checkpoints/<name>.toml`` is trained on the demo corpus by ``mmmie train``; its best
checkpoint, its metric history and every fifth snapshot are kept in ``checkpoints/<name>/``, with
what pairs of modalities say about the label, so that nobody waits for it on a page.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mmmie.analysis.bounds.label_information import SHIPPED, LabelInformation, all_lines
from mmmie.analysis.checkpoint import load_checkpoint

HERE = Path(__file__).resolve().parent
SNAPSHOT_EVERY = 5


def build(name: str) -> None:
    """Train one checkpoint and replace the folder that ships."""
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / name
        command = [sys.executable, "-m", "mmmie", "train", "--data", "demo", "--out", str(run)]
        subprocess.run(
            [*command, "--config", str(HERE / f"{name}.toml"), "--device", "cpu"], check=True
        )
        target = HERE / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(run / "best", target)
        shutil.copy(run / "metrics.jsonl", target)
        snapshots = sorted((run / "snapshots").iterdir())
        (target / "snapshots").mkdir()
        for file in {*snapshots[::SNAPSHOT_EVERY], snapshots[-1]}:
            shutil.copy(file, target / "snapshots")
        write_label_information(target)


def write_label_information(target: Path, split: str = "valid") -> None:
    """Compute what the page Mutual information shows of a split; takes a minute or two."""
    checkpoint = load_checkpoint(target)
    corpus = checkpoint.corpus()
    task = LabelInformation(checkpoint, corpus, split, target / "cache")
    lines = [{"work": task.work.folder.name}, *all_lines(checkpoint, corpus, split)]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (target / SHIPPED).write_text(text, "utf-8")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(file.stem for file in HERE.glob("*.toml")):
        build(wanted)
