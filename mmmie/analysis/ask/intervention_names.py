"""The interventions on identity by name; readers of stored outputs need no torch for this."""

from __future__ import annotations

INTERVENTIONS: dict[str, str] = {
    "off": "no identity term at all",
    "no_role": "without the role term",
    "no_speaker": "without the speaker term",
    "no_modality": "without the modality term",
    "swap_speaker": "same and other speaker exchanged",
    "shuffle_roles": "roles of the neighbours shuffled",
    "no_context": "neighbours hidden",
}
