"""What is said about a run: where it stands, what was asked of it, and what to do when it fails."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from app.parts.numbers import duration_words, metric
from app.parts.style import three_digits
from app.runs.training_curves import seconds_left
from mmmie.analysis.training_estimate import TimeEstimate
from mmmie.training.config import Config
from mmmie.training.run_folder import ENDED, Status

_GIB = 2**30
_MOST_DIFFERENCES = 3
_ASKED = {
    ("running", "pause"): "asked to pause …",
    ("running", "step"): "asked to pause after this epoch …",
    ("running", "stop"): "asked to stop …",
    ("queued", "stop"): "asked to stop …",
    ("paused", "stop"): "asked to stop …",
    ("paused", "resume"): "asked to resume …",
    ("paused", "step"): "asked for one epoch …",
}
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "memoryerror")


@dataclass(frozen=True)
class Advice:
    """A way out of a failure, and dotted key → value of the settings to change for it."""

    words: str
    changes: dict[str, Any] = field(default_factory=dict)


def asked_words(status: Status, wish: str | None, at: float) -> str | None:
    """What a run was asked and has not done yet; None if nothing.

    The last wish in its control file was made `at` seconds since 1970; one older than the process
    of the run is forgotten.
    """
    asked = _ASKED.get((status.state, wish or ""))
    if asked is None or at < (status.pid_started or 0.0):
        return None
    if status.state == "paused" and wish == "step" and at < status.heartbeat - 1:
        return None  # that epoch is done: the run paused again
    return asked


def standing_words(status: Status, history: list[dict[str, Any]], waiting_for: int) -> str:
    """Where a run stands, in one sentence; so many runs are before it in the queue."""
    done = f"{status.epoch} of {status.epochs} epochs"
    if status.state == "queued":
        if waiting_for:
            return f"Waiting for {waiting_for} run{'s' * (waiting_for != 1)} before it."
        return "Starting: a new process reads the corpus, which takes some seconds."
    if status.state == "running" and not history:
        return "In its first epoch; the curves begin after it."
    if status.state == "running":
        return f"Training epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}."
    if status.state == "paused":
        return f"Paused after {done}. The process keeps its memory and can resume where it was."
    if status.state == "stopped":
        return f"Stopped after {done}. Resume continues after the last whole epoch."
    if status.state == "failed" and not status.epoch:
        return "Failed in its first epoch."
    if status.state == "failed":
        return f"Failed after {done}. Their checkpoints and metrics are kept."
    early = ": validation stopped improving" if status.epoch < status.epochs else ""
    return f"Finished after {done}{early}."


def run_facts(
    status: Status, history: list[dict[str, Any]], utterances: int | None
) -> dict[str, str]:
    """Speed and cost of a run, name → value; only what is known.

    `utterances` is how many the train split has, None where the corpus is gone.
    """
    facts = {"Epochs": f"{status.epoch} of {status.epochs}"}
    latest = history[-1] if history else {}
    seconds = latest.get("seconds")
    if seconds:
        facts["Epoch time"] = duration_words(seconds)
        if utterances:
            facts["Speed"] = f"{three_digits(utterances / seconds)} utterances/s"
    if status.device:
        facts["Device"] = status.device
    if latest.get("device_memory"):
        facts["Device memory"] = memory_words(latest["device_memory"])
    left = seconds_left(history, status.epoch, status.epochs)
    if status.state in ("running", "paused"):
        facts["Time left"] = "known after an epoch" if left is None else f"≤ {duration_words(left)}"
    if status.state not in ENDED and not status.waits:
        facts["Last heard"] = f"{duration_words(max(time.time() - status.heartbeat, 0))} ago"
    return facts


def memory_words(count: float) -> str:
    """Bytes to read, in GiB."""
    return f"{three_digits(count / _GIB)} GiB"


def best_words(history: list[dict[str, Any]], name: str, higher: bool) -> str:
    """The best validation so far by the metric that chooses the epoch; empty before the first."""
    known = [m for m in history if m.get(f"valid/{name}") is not None]
    if not known:
        return ""
    best = (max if higher else min)(known, key=lambda m: m[f"valid/{name}"])
    value = metric(name).text(float(best[f"valid/{name}"]))
    return f"{metric(name).name} {value} on valid after epoch {best['epoch']}"


def estimate_words(estimate: TimeEstimate | None, device: str, data: str) -> str:
    """How long a training on a corpus takes, to stand under the form."""
    if estimate is None and data == "demo":
        return "The demo usually takes 1–3 minutes on a laptop."
    if estimate is None:
        return (
            f"No run on this corpus with {device} to estimate the time from yet; the first epoch "
            "will show it."
        )
    words = (
        f"About {duration_words(estimate.total_seconds)} at most on {device}, "
        f"{duration_words(estimate.epoch_seconds)} per epoch, as in “{estimate.source}”"
    )
    others = estimate.other_settings
    if not others:
        return f"{words}."
    named = ", ".join(others[:_MOST_DIFFERENCES])
    more = len(others) - _MOST_DIFFERENCES
    return f"{words}, which had other settings ({named}{f' and {more} more' if more > 0 else ''})."


def advice_for(error: str, config: Config, device: str | None) -> list[Advice]:
    """Ways out of what a run said when it failed, the likeliest first; empty if none is known."""
    said = error.lower()
    if any(words in said for words in _OUT_OF_MEMORY):
        return _less_memory(config, device)
    if "is not finite" in said:
        rate = config.training.learning_rate / 4
        return [Advice("Lower the learning rate.", {"training.learning_rate": rate})]
    if "no space left" in said or "disk is full" in said:
        return [Advice("Delete runs that are no longer needed, then resume this one.")]
    if any(words in said for words in ("read-only", "permission denied", "may not write")):
        return [Advice("Make the runs folder writable, then resume this run.")]
    if "its process is gone" in said or "killed" in said:
        return [Advice("Its process was killed. Resume continues after its last whole epoch.")]
    return []


def _less_memory(config: Config, device: str | None) -> list[Advice]:
    model, training = config.model, config.training
    ways = []
    if training.batch_size > 2:
        half = {"training.batch_size": max(2, training.batch_size // 2)}
        ways.append(Advice("Halve the batch: a step then needs about half the memory.", half))
    past, future = model.context.span
    if past + future > 1:
        halves = {"model.context.past": past // 2, "model.context.future": future // 2}
        words = "Halve the window: fusion then attends to fewer utterances around the target."
        ways.append(Advice(words, halves))
    narrow = model.dim // 2
    if narrow >= 4 and narrow % model.heads == 0:
        ways.append(Advice("Halve the width of encoders and fusion.", {"model.dim": narrow}))
    if device and device != "cpu":
        ways.append(Advice("Wait until the device is free, or train on the CPU."))
    return ways
