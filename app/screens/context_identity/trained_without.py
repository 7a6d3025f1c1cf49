"""The checkpoint of the same corpus that was trained without identity, where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app import loading, state
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.configurations import configuration_diff, describe_difference
from mmmie.analysis.outputs import SplitOutputs
from mmmie.errors import InputError
from mmmie.training.checkpoint import CheckpointInfo


@dataclass(frozen=True)
class Retrained:
    """A model that was trained without identity, on the split that is shown.

    Attributes:
        name: of the checkpoint.
        how: it is configured differently, in words.
        fingerprint: of its weights.
        outputs: what it says about the split.
    """

    name: str
    how: str
    fingerprint: str
    outputs: SplitOutputs


def trained_without(view: state.View) -> Retrained | None:
    """The closest checkpoint without identity; None where there is none that can be read."""
    found: dict[str, Checkpoint] = {}
    for choice in state.choices().values():
        try:
            checkpoint = loading.open_checkpoint(choice)
        except InputError:
            continue
        found[str(checkpoint.info.folder)] = checkpoint
    mine = view.checkpoint.info
    closest = closest_without_identity(mine, [c.info for c in found.values()])
    if closest is None:
        return None
    other = found[str(closest.folder)]
    try:
        outputs = loading.open_outputs(other, view.corpus, view.split)
    except InputError:
        return None
    how = describe_difference(other.info, mine)
    return Retrained(other.info.name, how, other.fingerprint, outputs)


def closest_without_identity(
    mine: CheckpointInfo, others: Sequence[CheckpointInfo]
) -> CheckpointInfo | None:
    """The checkpoint on the same corpus, trained without identity, that differs least otherwise.

    Returns:
        The first of the closest; None where there is none, or where `mine` has no identity.
    """
    if not mine.config.model.identity.enabled:
        return None
    fitting = [
        info
        for info in others
        if not info.config.model.identity.enabled
        and info.corpus["fingerprint"] == mine.corpus["fingerprint"]
    ]
    return min(fitting, key=lambda info: len(configuration_diff(mine, info)), default=None)
