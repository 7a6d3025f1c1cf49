"""Train every checkpoint that ships: ``python -m checkpoints.build [NAME …]``.

Each ``checkpoints/<name>.toml`` is trained on the demo corpus by ``mmmie train``; its best
checkpoint, its metric history and every fifth snapshot are kept in ``checkpoints/<name>/``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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


if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(file.stem for file in HERE.glob("*.toml")):
        build(wanted)
