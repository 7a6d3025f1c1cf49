"""How much may be started and sent at a time; a variable of the environment changes each limit."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from mmmie.errors import InputError


@dataclass(frozen=True)
class Limits:
    """The limits, each with its default; `Limits.read` takes ``MMMIE_`` and the name in capitals.

    Attributes:
        runs_at_once: runs that train at the same time on one device.
        runs_waiting: runs of one folder that wait for their turn.
        runs_per_session: runs of one visit to the dashboard that have not ended.
        upload_mb_per_session: megabytes of corpora that one visit may send.
        upload_mb: megabytes of corpora that were sent and are kept beside the runs.
        reading_seconds: how long the dashboard may take to read a corpus, of the clock too.
        reading_mb: megabytes of memory that it may take for it, beside files that it maps.
    """

    runs_at_once: int = 1
    runs_waiting: int = 30
    runs_per_session: int = 3
    upload_mb_per_session: int = 2_000
    upload_mb: int = 20_000
    reading_seconds: int = 300
    reading_mb: int = 4_000

    @classmethod
    def read(cls) -> Limits:
        """The limits that hold here.

        Raises:
            InputError: a variable is no whole number from 1 on.

        Example:
            >>> os.environ["MMMIE_RUNS_WAITING"] = "8"
            >>> Limits.read().runs_waiting
            8
            >>> del os.environ["MMMIE_RUNS_WAITING"]
        """
        found = {}
        for field in fields(cls):
            variable = f"MMMIE_{field.name.upper()}"
            said = os.environ.get(variable, "").strip()
            if said and not (said.isascii() and said.isdigit() and len(said) < 10 and int(said)):
                raise InputError(f"{variable}: is {said[:40]!r}; give a whole number from 1 on")
            if said:
                found[field.name] = int(said)
        return cls(**found)
