"""A trainer gives way to the page, whatever the system shares the processor by."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmmie.jobs.process import stand_back


@pytest.fixture
def child() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    yield process.pid
    process.kill()
    process.wait()


def test_a_trainer_and_its_session_are_as_nice(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMMIE_NICENESS", raising=False)
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    stand_back(child)
    lowered = os.getpriority(os.PRIO_PROCESS, child)
    assert lowered >= 10
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine
    group = Path(f"/proc/{child}/autogroup")
    if not group.exists():
        pytest.skip("this system does not share the processor by sessions")
    assert group.read_text().split()[-1] == str(lowered)


def test_a_process_that_is_gone_is_no_fault() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    process.wait()
    stand_back(process.pid)
