"""Whether the tests notice when a promise of SECURITY.md is broken in the code.

    python benchmarks/mutations.py
    python benchmarks/mutations.py --only pickles

`mutations.toml` lists files, the tests that hold their promises, and pairs of a text and what takes
its place. The tests have to pass in a copy of the project; then each change is made alone in it,
and they fail (or hang) where it is noticed. What is not noticed is printed; fewer than 57 of 60
noticed is exit status 1.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from browser import ROOT
from common import parser

TABLE = Path(__file__).with_name("mutations.toml")
SECONDS = 240
WANTED = 0.95
COPIED = ("app", "mmmie", "tests", "benchmarks", "checkpoints", "docs", "assets", "experiments")


def noticed(copy: Path, tests: str) -> bool:
    """Whether tests fail in a copy of the project."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider"]
    run = subprocess.Popen(
        [*command, *shlex.split(tests)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said = run.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        run.communicate()
        return True
    if run.returncode not in (0, 1):
        raise SystemExit(f"{tests}: cannot be run\n{said.decode()[-1500:]}")
    return run.returncode == 1


def main() -> None:
    """Make every change, run its tests, say what was not noticed."""
    asked = parser(__doc__)
    asked.add_argument("--only", default="", help="files with this in their path")
    options = asked.parse_args()
    entries = tomllib.loads(TABLE.read_text("utf-8"))["file"]
    made = caught = 0
    passing: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "SECURITY.md"):
            shutil.copyfile(ROOT / name, copy / name)
        for entry in (one for one in entries if options.only in one["path"]):
            file = copy / entry["path"]
            sound = file.read_text("utf-8")
            for old, new, *own in entry["changes"]:
                if sound.count(old) < 1:
                    raise SystemExit(
                        f"{entry['path']}: has no `{old}`; bring {TABLE.name} up to date"
                    )
                tests = own[0] if own else entry["tests"]
                file.write_text(sound, "utf-8")
                if tests not in passing and noticed(copy, tests):
                    raise SystemExit(f"{tests}: fail before anything is changed")
                passing.add(tests)
                file.write_text(sound.replace(old, new, 1), "utf-8")
                seen = noticed(copy, tests)
                made, caught = made + 1, caught + seen
                if not seen:
                    print(f"not noticed: {entry['path']}: {old!r} → {new!r}", flush=True)
            file.write_text(sound, "utf-8")
            print(f"{caught} of {made} noticed, {entry['path']} is done", flush=True)
    sys.exit(caught < WANTED * made)


if __name__ == "__main__":
    main()
