"""What the benchmarks share: their options, rows of Markdown, and processes of their own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def parser(described: str | None) -> argparse.ArgumentParser:
    """Options of a script whose docstring says what it measures."""
    return argparse.ArgumentParser(
        description=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def row(cells: Sequence[object]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head(cells: Sequence[object]) -> str:
    """The two lines that a Markdown table starts with."""
    return f"{row(cells)}\n{'|---' * len(cells)}|"


def own_process(script: str, *arguments: object, threads: int = 1) -> Any:
    """Run a script alone, so that its memory is its own; what its last line holds as JSON."""
    ended = subprocess.run(
        [sys.executable, script, *(str(argument) for argument in arguments)],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        sys.exit(ended.stderr)
    return json.loads(ended.stdout.splitlines()[-1])
