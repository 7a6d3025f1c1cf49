"""``python -m mmmie.jobs.waiter FOLDER``: start the runs that wait there, until none does."""

import sys
from pathlib import Path

from mmmie.jobs.turns import wait_in

if __name__ == "__main__":
    wait_in(Path(sys.argv[1]))
