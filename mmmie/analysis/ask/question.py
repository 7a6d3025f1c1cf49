"""What the model can be told instead of the truth: one question, as data.

A `Question` says nothing about a model, and reading one needs no torch. What it does to a window
is in `told_window`, what it does to features in `edited_features`; `asker` answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from mmmie.errors import InputError

TERMS = ("role", "speaker", "modality")
RELATION_WORDS = ("same", "other", "unknown")
"""Short names of `mmmie.model.identity.RELATIONS`, in the same order."""

WINDOW_FIELDS = ("relabel", "terms_off", "hidden", "shuffle")
"""The keys of an address that say what is told about the window."""
FEATURES_FIELD = "what_if"
"""The key of an address that says what is changed in the utterance itself."""

_SWAP, _ALL = "swap", "all"


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
class Question:
    """What the model is told instead of the truth; the truth where a field is left out.

    Turns are named by their offset to the target; those outside its window are passed over.

    Attributes:
        terms_off: terms of `TERMS` that are not added, in that order.
        relabel: offset and relation (an index of `RELATION_WORDS`) of every turn that another
            is said to have spoken, by rising offset.
        swap: whether same and other speaker then change places, the target's own turn aside.
        hidden: offsets of neighbours that the model does not see, rising.
        alone: whether it sees no neighbour at all.
        shuffle: seed of a shuffle of the neighbours' roles; None leaves them as they are.
        missing: modalities that the model is told the utterance lacks.
        everywhere: whether they are missing in the whole window, not only in the utterance.
        missing_rate: chance with which any modality of any utterance is missing, drawn one by one;
            the last that an utterance has stays.
        noise: (modality, strength): Gaussian noise on every channel and step, in standard
            deviations of the channel on the train split.
        channels: changes of single channels.
        transcript: other words, None for its own.
        seed: of the noise and of what is missing at random; another strength scales the same
            draw, and a higher rate takes away the same and more.
    """

    terms_off: tuple[str, ...] = ()
    relabel: tuple[tuple[int, int], ...] = ()
    swap: bool = False
    hidden: tuple[int, ...] = ()
    alone: bool = False
    shuffle: int | None = None
    missing: tuple[str, ...] = ()
    everywhere: bool = False
    missing_rate: float = 0.0
    noise: tuple[tuple[str, float], ...] = ()
    channels: tuple[ChannelEdit, ...] = ()
    transcript: str | None = None
    seed: int = 0

    def __bool__(self) -> bool:
        """Whether anything is told but the truth."""
        return replace(self, everywhere=False, seed=0) != Question()

    @property
    def edits_features(self) -> bool:
        """Whether the features of the utterance are others than those of the corpus."""
        return bool(self.noise or self.channels or self.transcript is not None)

    @property
    def parts(self) -> list[Question]:
        """Every single change of the utterance itself, as a question of its own.

        Example:
            >>> [part.missing for part in Question(missing=("text", "audio")).parts]
            [('text',), ('audio',)]
        """
        nothing = Question(everywhere=self.everywhere, seed=self.seed)
        said = [] if self.transcript is None else [self.transcript]
        return [
            *(replace(nothing, missing=(name,)) for name in self.missing),
            *(replace(nothing, noise=(one,)) for one in self.noise),
            *(replace(nothing, channels=(one,)) for one in self.channels),
            *(replace(nothing, transcript=words) for words in said),
        ]

    @property
    def address(self) -> dict[str, str]:
        """The question as short texts by key, such as go into an address; the truth is empty.

        Example:
            >>> Question(relabel=((-2, 1),), missing=("audio",), noise=(("text", 1.5),)).address
            {'relabel': '-2:other', 'what_if': 'hide=audio&noise=1.5+text'}
        """
        relabel = [f"{offset}:{RELATION_WORDS[r]}" for offset, r in self.relabel]
        fields = {
            "relabel": ",".join([*relabel, *([_SWAP] if self.swap else [])]),
            "terms_off": ",".join(self.terms_off),
            "hidden": ",".join([*map(str, self.hidden), *([_ALL] if self.alone else [])]),
            "shuffle": "" if self.shuffle is None else str(self.shuffle),
            FEATURES_FIELD: self._features_text(),
        }
        return {name: text for name, text in fields.items() if text}

    def _features_text(self) -> str:
        if not (self.missing or self.missing_rate or self.edits_features):
            return ""
        pairs = [("hide", name) for name in self.missing]
        pairs += [("hide_rate", _short(self.missing_rate))] * bool(self.missing_rate)
        pairs += [("noise", f"{_short(strength)} {name}") for name, strength in self.noise]
        pairs += [
            ("channel", f"{_short(one.shift)} {_short(one.stretch)} {one.channel} {one.modality}")
            for one in self.channels
        ]
        if self.transcript is not None:
            pairs.append(("say", self.transcript))
        if self.everywhere:
            pairs.append(("everywhere", "1"))
        if self.seed:
            pairs.append(("seed", str(self.seed)))
        return urlencode(pairs)


def question_of(fields: Mapping[str, str]) -> Question:
    """The question of an address, see `Question.address`; other keys are passed over.

    Raises:
        InputError: a key that belongs to a question says something else.

    Example:
        >>> question_of({"relabel": "2:other,-1:same", "hidden": "3", "page": "1"})
        ... # doctest: +ELLIPSIS
        Question(terms_off=(), relabel=((-1, 0), (2, 1)), swap=False, hidden=(3,), alone=False, ...
    """
    relabel, swap = {}, False
    for entry in _entries(fields, "relabel"):
        offset, _, word = entry.partition(":")
        if entry == _SWAP:
            swap = True
            continue
        if word not in RELATION_WORDS:
            raise InputError(
                f"address: `relabel` has {entry!r}; write the offset of a neighbour and "
                f"{', '.join(RELATION_WORDS)}, such as -2:other"
            )
        relabel[_neighbour("relabel", offset)] = RELATION_WORDS.index(word)
    off = _entries(fields, "terms_off")
    for term in off:
        if term not in TERMS:
            raise InputError(f"address: `terms_off` has {term!r}; write some of {', '.join(TERMS)}")
    hidden = _entries(fields, "hidden")
    seeds = [_whole("shuffle", entry) for entry in _entries(fields, "shuffle")]
    if len(seeds) > 1 or any(seed < 0 for seed in seeds):
        raise InputError("address: `shuffle` takes one whole number from 0, the seed")
    return replace(
        _features_question(fields.get(FEATURES_FIELD, "")),
        relabel=tuple(sorted(relabel.items())),
        swap=swap,
        terms_off=tuple(term for term in TERMS if term in off),
        hidden=tuple(sorted({_neighbour("hidden", entry) for entry in hidden if entry != _ALL})),
        alone=_ALL in hidden,
        shuffle=seeds[0] if seeds else None,
    )


def _features_question(text: str) -> Question:
    missing, noise, channels = [], [], []
    rest = Question()
    for key, value in parse_qsl(text, keep_blank_values=True):
        try:
            if key == "hide":
                missing.append(value)
            elif key == "hide_rate":
                rest = replace(rest, missing_rate=float(value))
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
    return replace(rest, missing=tuple(missing), noise=tuple(noise), channels=tuple(channels))


def _short(value: float) -> str:
    """A number in as few digits as bring it back."""
    text = f"{value:g}"
    return text if float(text) == value else repr(float(value))


def _entries(fields: Mapping[str, str], name: str) -> list[str]:
    return [part for part in fields.get(name, "").split(",") if part]


def _neighbour(name: str, text: str) -> int:
    offset = _whole(name, text)
    if offset == 0:
        raise InputError(f"address: `{name}` has the offset 0, the target; name a neighbour")
    return offset


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"address: `{name}` has {text!r} where a whole number belongs; write one"
        ) from None
