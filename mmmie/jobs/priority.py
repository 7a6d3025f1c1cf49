"""The pages come first: training and other work take the processor time that is left."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_VARIABLE = "MMMIE_NICENESS"
_NICENESS = 10


def stand_back(pid: int) -> None:
    """Lower the priority of a process that leads a session of its own.

    Linux may share a processor between sessions before it looks at processes (autogroups, the
    default of most kernels). The niceness of a process then counts inside its session only, and
    a trainer in its own would get as much as the page; so the session gets the same niceness.

    Where the system does not allow it, all stay equal; ``MMMIE_NICENESS`` sets another niceness
    than 10, 0 none.

    Args:
        pid: just started, with ``start_new_session``.
    """
    wanted = os.environ.get(_VARIABLE, "")
    niceness = int(wanted) if wanted.isdigit() else _NICENESS
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
