"""What `mmmie data convert` takes for a file of the size of CMU-MOSEI, unaligned.

    python benchmarks/convert.py --share 1.0 --folder /tmp

Writes an MMSA pickle of that share of 22,856 utterances (text 50 × 768, audio 500 × 74, vision
500 × 35, float32: 8.5 GB in all), converts it in a process of its own, and prints its time and
the most memory that it held. Needs twice the size of the pickle on disk.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import head, parser, row

SPLITS = {"train": 16_326, "valid": 1_871, "test": 4_659}
MODALITIES = {"text": (50, 768), "audio": (500, 74), "vision": (500, 35)}


def main() -> None:
    """Generate, convert, print one row."""
    asked = parser(__doc__)
    asked.add_argument("--share", type=float, default=0.1)
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder if left out")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        file = folder / "unaligned_50.pkl"
        # what a process held before it became another one counts as that one's: stay small
        generator = multiprocessing.get_context("spawn").Process(
            target=generate, args=(file, options.share)
        )
        generator.start()
        generator.join()
        size = file.stat().st_size
        seconds, peak = convert(file, folder / "corpus")
        written = sum(part.stat().st_size for part in (folder / "corpus").iterdir())
    print(head(["share", "pickle GB", "corpus folder GB", "seconds", "peak memory GB"]))
    gigabytes = [f"{value / 2**30:.2f}" for value in (size, written, peak)]
    print(row([f"{options.share:g}", *gigabytes[:2], f"{seconds:.0f}", gigabytes[2]]))


def generate(file: Path, share: float) -> None:
    """Write the pickle; arrays lie in files, so that this needs no memory either."""
    random = np.random.default_rng(0)
    noise = random.normal(size=(512, 768)).astype(np.float32)
    content = {}
    with tempfile.TemporaryDirectory(dir=file.parent) as name:
        for split, count in SPLITS.items():
            n = max(1, int(count * share))
            part: dict[str, object] = {
                "id": [f"{split}{i // 7}$_${i % 7}" for i in range(n)],
                "raw_text": ["so it goes"] * n,
                "regression_labels": random.uniform(-3, 3, n).astype(np.float32),
            }
            for modality, (longest, dim) in MODALITIES.items():
                shape = (n, longest, dim)
                array = np.memmap(Path(name) / f"{split}-{modality}", np.float32, "w+", shape=shape)
                lengths = random.integers(longest // 4, longest + 1, n)
                for row, steps in enumerate(lengths):
                    array[row, :steps] = np.resize(noise[row % 512, :dim], (steps, dim))
                array.flush()
                part[modality] = np.asarray(array)
                if modality != "text":
                    part[f"{modality}_lengths"] = lengths.tolist()
            content[split] = part
        with file.open("wb") as out:
            pickle.dump(content, out, protocol=5)


def convert(file: Path, folder: Path) -> tuple[float, int]:
    """Seconds, and the most bytes that the command held."""
    command = [sys.executable, "-m", "mmmie", "data", "convert", str(file), str(folder)]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"the conversion ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
