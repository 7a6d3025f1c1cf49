"""How far an experiment is, on the terminal."""

from __future__ import annotations

import sys
from types import TracebackType

from mmmie.experiments.folder import TrialFolder


class Progress:
    """A bar that counts trials, those that run in parts.

    Args:
        total: trials of the plan.
        done: of them, finished before.
        quiet: show nothing.
    """

    def __init__(self, total: int, done: int, quiet: bool = False) -> None:
        from tqdm import tqdm

        seconds = 0.5 if sys.stderr.isatty() else 30.0
        self._done = done
        self._failed = 0
        self._bar = tqdm(
            total=total,
            initial=done,
            disable=quiet,
            mininterval=seconds,
            smoothing=0,
            bar_format="{percentage:3.0f}% |{bar}| {n:.1f}/{total} trials "
            "[{elapsed}<{remaining}{postfix}]",
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def ended(self, folder: TrialFolder) -> None:
        """A trial ended, well or not."""
        self._done += 1
        if folder.state == "failed":
            self._failed += 1
            if not self._bar.disable:
                self._bar.write(f"failed: {folder.path}: {folder.error()}", file=sys.stderr)

    def show(self, running: list[TrialFolder]) -> None:
        """Draw the bar, with the share of every running trial that is done."""
        statuses = [folder.run.read_status() for folder in running]
        done = self._done + sum(status.progress for status in statuses if status)
        if self._failed:
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self._bar.update(done - self._bar.n)
