"""How large `UNSEEN` should be: chosen on some families of tasks, reported on the others.

    python benchmarks/mi_trust.py --outside 3 --seeds 0 --out RUNS.jsonl
    python benchmarks/mi_unseen.py RUNS.jsonl

The doubts of every run are made again from what was measured of its fit, for every level. In every
fold the smallest level is chosen that leaves at most 2 % silent errors on the families of the other
folds, and counted on its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from common import head, row

from mmmie.mi import ESTIMATORS
from mmmie.mi.closed import misfit
from mmmie.mi.learned import conditional
from mmmie.mi.thresholds import UNSEEN, UNSEEN_OF_A_COLUMN

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
FOLDS = 5
SILENT = 0.02

Run = dict[str, Any]


def main() -> None:
    """Print a table of all levels, and one of what is chosen in every fold."""
    runs = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    families = list(dict.fromkeys(map(family, runs)))
    made = {level: [doubted(run, level) for run in runs] for level in LEVELS}
    print(head(["level", "runs", "silent", "false alarms"]))
    for level in LEVELS:
        print(row([level, len(runs), *map("{:.1%}".format, shares(runs, made[level]))]))
    print("\n" + head(["held out", "level", "runs", "silent", "false alarms"]))
    total = [0.0, 0.0]
    for fold in range(FOLDS):
        out = families[fold::FOLDS]
        own = [family(run) in out for run in runs]

        def counted(level: float, chosen: list[bool]) -> tuple[float, float]:
            some = [at for at, wanted in enumerate(chosen) if wanted]
            return shares([runs[at] for at in some], [made[level][at] for at in some])

        silent = {level: counted(level, [not one for one in own])[0] for level in LEVELS}
        level = next((one for one in LEVELS if silent[one] <= SILENT), min(silent, key=silent.get))
        found = counted(level, own)
        print(row([", ".join(out), level, sum(own), *map("{:.1%}".format, found)]))
        total = [so_far + share * sum(own) for so_far, share in zip(total, found, strict=True)]
    print(row(["all", "", len(runs), *(f"{one / len(runs):.1%}" for one in total)]))


def family(run: Run) -> str:
    """The family of a run's task."""
    return str(run["task"].partition(".")[0])


def shares(runs: list[Run], doubts: list[bool]) -> tuple[float, float]:
    """Silent errors and false alarms, as shares of runs."""
    both = list(zip(runs, doubts, strict=True))
    silent = sum(run["wrong"] and not doubt for run, doubt in both)
    false = sum(doubt and not run["wrong"] for run, doubt in both)
    return silent / len(runs), false / len(runs)


def doubted(run: Run, level: float) -> bool:
    """Whether a run would be doubted at a level; doubts of another kind stay."""
    fit = run["fit"]
    if "unseen" not in fit:
        return run["doubt"] is not None
    dim_x, dim_y = run["dims"]
    name = run["setting"].partition("+")[0]
    model = ESTIMATORS[name](dim_x, dim_y, 1)

    def says(level: float) -> bool:
        misfit.UNSEEN = conditional.UNSEEN = level
        columns = min(dim_x, dim_y) if name == "cca" else dim_y
        share = UNSEEN_OF_A_COLUMN if columns == 1 else level
        unseen = share * (fit["marginal"] + fit["residual"]) + level * fit["remaining"]
        return model.doubt_of({**fit, "unseen": unseen}, run["nats"], run["std"]) is not None

    of_another_kind = run["doubt"] is not None and not says(UNSEEN)
    return of_another_kind or says(level)


if __name__ == "__main__":
    main()
