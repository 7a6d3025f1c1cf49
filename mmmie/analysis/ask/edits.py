"""Changes to one utterance, as data: what they are, what they do to features, and their text.

An `Edit` says what is changed and nothing about a model; `mmmie.analysis.ask.what_if` asks a model
what it makes of one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import numpy as np

from mmmie.corpus import Corpus
from mmmie.datasets.demo.language import GRADED, TEXT_CHANNELS, encode_text
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.ask.word_encoder import WordEncoder

MOST_NOISE = 10.0
"""Standard deviations; beyond eight the model clips what it is given."""

_FEATURE_TOLERANCE = 5e-3  # of stored text features: those of a corpus may be float16


@dataclass(frozen=True)
class ChannelEdit:
    """One channel changed: ``mean + stretch · (x − mean) + shift``, the mean over its own steps.

    Attributes:
        modality: whose channel it is.
        channel: its number.
        shift: added to every step, in the unit of the channel.
        stretch: factor on the movement around its mean; nothing at utterance level.
    """

    modality: str
    channel: int
    shift: float = 0.0
    stretch: float = 1.0

    def __bool__(self) -> bool:
        return self.shift != 0 or self.stretch != 1


@dataclass(frozen=True)
class Edit:
    """What is changed in one utterance: words first, then channels, noise, and what is hidden.

    Attributes:
        hidden: modalities that the model is told are missing.
        noise: (modality, strength): Gaussian noise on every channel and step, in standard
            deviations of the channel on the train split.
        channels: changes of single channels.
        transcript: other words, None for its own.
        everywhere: whether hidden modalities are missing in the whole window, not only here.
        seed: of the noise; another strength scales the same draw.
    """

    hidden: tuple[str, ...] = ()
    noise: tuple[tuple[str, float], ...] = ()
    channels: tuple[ChannelEdit, ...] = ()
    transcript: str | None = None
    everywhere: bool = False
    seed: int = 0

    def __bool__(self) -> bool:
        return bool(self.hidden or self.noise or self.channels or self.transcript is not None)

    @property
    def parts(self) -> list[Edit]:
        """Every single change as an edit of its own.

        Example:
            >>> [part.hidden for part in Edit(hidden=("text", "audio")).parts]
            [('text',), ('audio',)]
        """
        nothing = replace(self, hidden=(), noise=(), channels=(), transcript=None)
        return [
            *(replace(nothing, hidden=(name,)) for name in self.hidden),
            *(replace(nothing, noise=(one,)) for one in self.noise),
            *(replace(nothing, channels=(one,)) for one in self.channels),
            *(
                [replace(nothing, transcript=self.transcript)]
                if self.transcript is not None
                else []
            ),
        ]


def edited_features(
    corpus: Corpus,
    row: int,
    edit: Edit,
    deviation: Mapping[str, np.ndarray],
    words: WordEncoder | None = None,
) -> dict[str, np.ndarray]:
    """The features of an utterance after an edit; hidden modalities keep theirs.

    Args:
        corpus: what it belongs to.
        row: of the utterance in the corpus.
        edit: what is changed.
        deviation: modality → (d,) standard deviations that the noise is measured in.
        words: encodes another transcript.

    Returns:
        modality → (d,) or (L, d); what is stored where nothing was changed.

    Raises:
        InputError: the edit names what the corpus does not have, or a transcript that no encoder
            follows.
    """
    check_edit(edit, corpus)
    features = {name: held.of(row) for name, held in corpus.features.items()}
    if edit.transcript is not None:
        if words is None:
            raise InputError(
                f"{corpus.where}: no modality of utterance {corpus.utterances['id'].iloc[row]!r} "
                f"is encoded from its transcript by this program; leave `transcript` out"
            )
        features[words.modality] = words.encode([edit.transcript]).of(0)
    for one in edit.channels:
        features[one.modality] = _with_channel(features[one.modality], one)
    order = list(corpus.modalities)
    for name, strength in edit.noise:
        random = np.random.default_rng([edit.seed, order.index(name)])
        draw = random.standard_normal(features[name].shape)
        features[name] = (features[name] + strength * deviation[name] * draw).astype(np.float32)
    return features


def _with_channel(features: np.ndarray, edit: ChannelEdit) -> np.ndarray:
    changed = np.array(features, np.float32)
    if not changed.size:
        return changed
    x = changed[..., edit.channel]
    mean = x.mean()
    changed[..., edit.channel] = mean + edit.stretch * (x - mean) + edit.shift
    return changed


def transcript_modality(corpus: Corpus, row: int) -> str | None:
    """The modality whose features are those that the demo's encoder gives for the transcript.

    None where there is none: the features come from elsewhere, and edited words could not be
    encoded alike.
    """
    if "transcript" not in corpus.utterances:
        return None
    transcript = corpus.utterances["transcript"].iloc[row]
    if not isinstance(transcript, str):
        return None
    for name, modality in corpus.modalities.items():
        if modality.level != "sequence" or modality.channels != TEXT_CHANNELS:
            continue
        held, again = corpus.features[name].of(row), encode_text(transcript)
        if held.shape == again.shape and np.allclose(held, again, atol=_FEATURE_TOLERANCE):
            return name
    return None


def check_edit(edit: Edit, corpus: Corpus) -> None:
    """Check that a corpus has what an edit changes.

    Raises:
        InputError: it has no such modality or channel, or a number is out of range.
    """
    named = [*edit.hidden, *(name for name, _ in edit.noise), *(c.modality for c in edit.channels)]
    for name in named:
        if name not in corpus.modalities:
            held = ", ".join(corpus.modalities)
            raise InputError(f"{corpus.where}: no modality `{name}` to edit; it holds {held}")
    for name, strength in edit.noise:
        if not 0 <= strength <= MOST_NOISE:
            raise InputError(
                f"edit: `noise` on {name} is {strength:g}; give 0 to {MOST_NOISE:g} deviations"
            )
    for one in edit.channels:
        dim = corpus.modalities[one.modality].dim
        if not 0 <= one.channel < dim:
            raise InputError(
                f"edit: `channel` {one.channel} of {one.modality} is unknown; give 0 to {dim - 1}"
            )
        if not (math.isfinite(one.shift) and math.isfinite(one.stretch)):
            raise InputError(f"edit: channel {one.channel} of {one.modality} needs finite numbers")


def fitting_edit(edit: Edit, corpus: Corpus) -> Edit:
    """As much of an edit as a corpus has modalities and channels for."""
    held = corpus.modalities
    return replace(
        edit,
        hidden=tuple(name for name in edit.hidden if name in held),
        noise=tuple((name, strength) for name, strength in edit.noise if name in held),
        channels=tuple(
            c for c in edit.channels if c.modality in held and c.channel < held[c.modality].dim
        ),
    )


def opposite_words(transcript: str) -> str:
    """A sentence of the demo corpus with its sentiment turned around.

    Every word of the demo's graded valence gives way to the one as far on the other side.

    Example:
        >>> opposite_words("The film was lovely, my friend.")
        'The film was awful, my friend.'
    """
    levels = [phrases.split("|") for phrases in GRADED["valence"]]
    mirrored = {
        word: levels[len(levels) - 1 - level][0]
        for level, words in enumerate(levels)
        for word in words
    }
    return re.sub(r"\w+", lambda found: mirrored.get(found[0].lower(), found[0]), transcript)


def edit_to_text(edit: Edit) -> str:
    """An edit as a short text, such as goes into an address; empty for no edit.

    Example:
        >>> edit_to_text(Edit(hidden=("audio",), noise=(("text", 1.5),)))
        'hide=audio&noise=1.5+text'
    """
    if not edit:
        return ""
    pairs = [("hide", name) for name in edit.hidden]
    pairs += [("noise", f"{strength:g} {name}") for name, strength in edit.noise]
    pairs += [
        ("channel", f"{one.shift:g} {one.stretch:g} {one.channel} {one.modality}")
        for one in edit.channels
    ]
    if edit.transcript is not None:
        pairs.append(("say", edit.transcript))
    if edit.everywhere:
        pairs.append(("everywhere", "1"))
    if edit.seed:
        pairs.append(("seed", str(edit.seed)))
    return urlencode(pairs)


def edit_from_text(text: str) -> Edit:
    """The edit that `edit_to_text` wrote.

    Raises:
        InputError: the text is no edit.

    Example:
        >>> edit_from_text("hide=audio&noise=1.5+text").noise
        (('text', 1.5),)
    """
    hidden, noise, channels = [], [], []
    rest = Edit()
    for key, value in parse_qsl(text, keep_blank_values=True):
        try:
            if key == "hide":
                hidden.append(value)
            elif key == "noise":
                strength, name = value.split(" ", 1)
                noise.append((name, float(strength)))
            elif key == "channel":
                shift, stretch, channel, name = value.split(" ", 3)
                channels.append(ChannelEdit(name, int(channel), float(shift), float(stretch)))
            elif key == "say":
                rest = replace(rest, transcript=value)
            elif key == "everywhere":
                rest = replace(rest, everywhere=value == "1")
            elif key == "seed":
                rest = replace(rest, seed=max(int(value), 0))
            else:
                raise ValueError
        except ValueError:
            raise InputError(
                f"what-if: `{key}={value}` is no change that this program knows; remove it"
            ) from None
    return replace(rest, hidden=tuple(hidden), noise=tuple(noise), channels=tuple(channels))
