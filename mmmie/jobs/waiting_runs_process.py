"""``python -m mmmie.jobs.waiting_runs_process FOLDER``: start the runs that wait there."""

import sys
from pathlib import Path

from mmmie.jobs.waiting_runs import wait_in

if __name__ == "__main__":
    wait_in(Path(sys.argv[1]))
