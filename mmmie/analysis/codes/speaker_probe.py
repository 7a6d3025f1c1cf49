"""Whether a code tells who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmmie.analysis.codes.readouts import read_numbers
from mmmie.corpus import Corpus

_FEWEST_CONVERSATIONS = 3
_FEWEST_UTTERANCES = 10


@dataclass(frozen=True)
class SpeakerTask:
    """Whom a probe is to tell apart in a split of n utterances.

    Only speakers of at least three conversations and ten utterances take part. The probe is
    scored on conversations that it has not seen, so it must know a voice, not a recording: a
    speaker of one conversation cannot be told from that conversation's topic, room and
    microphone, and folding inside a conversation would count these as the speaker's.

    Attributes:
        who: (n,) a class from 0 per speaker, -1 for utterances that do not take part.
        reason: why nobody can be told apart, in words; None where somebody can.
    """

    who: np.ndarray
    reason: str | None

    @property
    def speakers(self) -> int:
        """How many take part."""
        return int(self.who.max()) + 1

    @property
    def chance(self) -> float | None:
        """How often naming the speaker who says most is right."""
        known = self.who[self.who >= 0]
        return float(np.bincount(known).max() / len(known)) if self.reason is None else None


def speaker_task(corpus: Corpus, rows: np.ndarray, groups: np.ndarray) -> SpeakerTask:
    """The speakers of the utterances `rows` (n,) who can be told apart.

    Args:
        rows: (n,) utterances.
        groups: (n,) integers, the conversation of every utterance.
    """
    codes = corpus.speaker_codes[rows]
    nobody = np.full(len(rows), -1)
    if (codes < 0).all():
        return SpeakerTask(nobody, "no speaker is known")
    recurring = [
        speaker
        for speaker in np.unique(codes[codes >= 0])
        if len(np.unique(groups[codes == speaker])) >= _FEWEST_CONVERSATIONS
        and (codes == speaker).sum() >= _FEWEST_UTTERANCES
    ]
    if len(recurring) < 2:
        return SpeakerTask(
            nobody,
            f"fewer than two speakers speak in {_FEWEST_CONVERSATIONS} conversations and "
            f"{_FEWEST_UTTERANCES} utterances, and one who speaks in one conversation cannot be "
            "told from that conversation",
        )
    who = nobody.copy()
    for place, speaker in enumerate(recurring):
        who[codes == speaker] = place
    return SpeakerTask(who, None)


def speaker_told(
    draws: Sequence[dict[str, np.ndarray]], task: SpeakerTask, groups: np.ndarray
) -> dict[str, np.ndarray]:
    """How often a linear classifier names the speaker of every utterance from every code.

    The classifier is a ridge regression of one indicator a speaker; the largest one names.

    Returns:
        code → (n,) shares of the draws, 0 for those who do not take part; empty where nobody
        can be told apart.
    """
    if task.reason is not None:
        return {}
    part = task.who >= 0
    who, indicators = task.who[part], np.eye(task.speakers)[task.who[part]]
    told = {}
    for name in draws[0]:
        named = [read_numbers(c[name][part], indicators, groups[part]).argmax(1) for c in draws]
        told[name] = np.zeros(len(part))
        told[name][part] = np.mean([guess == who for guess in named], axis=0)
    return told
