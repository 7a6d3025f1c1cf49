"""The words of the demo corpus: sentences that express latent factors, and their features."""

from __future__ import annotations

import hashlib
import re
from functools import cache

import numpy as np

from mmmie.datasets.demo.latents import LEVEL_MEANS, PRIVATE, SHARED, level_of

EXPRESSED = (*SHARED, *PRIVATE["text"])
"""Factors that a clear sentence expresses, in the order of the columns that `write` takes."""

# Nine levels per factor, from low to high, with alternatives between bars. The last word of a
# phrase carries the level; it stands for one level of one factor and nowhere else.
_PHRASES = {
    "valence": "dreadful|terrible / awful|horrid / poor|bad / dull|weak / ordinary|average / "
    "decent|pleasant / good|nice / lovely|great / wonderful|fantastic",
    "arousal": "yawn / mm / hm / uh / ah / oh / ooh / wow / whoa",
    "confidence": "I guess|maybe / perhaps / possibly / I suppose / I think|I feel / "
    "I believe|probably / surely / clearly|plainly / definitely|undoubtedly",
    "warmth": "stranger / newcomer / colleague / neighbour / folks|everyone / mate / "
    "my friend|buddy / my dear / darling|sweetheart",
    "urgency": "someday / eventually / later / tomorrow / tonight|today / soon / shortly|quickly / "
    "now / immediately|instantly",
    "interest": "forget / ignore / skip|drop / shelve|park / mention|note / discuss|review / "
    "study|examine / explore / investigate",
    # From home to work.
    "topic": "breakfast|brunch / dinner|picnic / party|barbecue / film|concert / trip|journey / "
    "lecture|lesson / exam|essay / meeting|interview / audit|inspection",
    "formality": "dude / like / anyway / basically / actually / honestly / frankly / moreover / "
    "furthermore",
}
GRADED = {name: tuple(levels.split(" / ")) for name, levels in _PHRASES.items()}

# What an ambiguous utterance says: it expresses formality and nothing else.
_REPLIES = (
    "yup|yep / yeah, right / uh-huh|mhm / okay then|fine then / sure|alright / I see / "
    "fair enough / very well|noted / indeed|quite"
)
REPLIES = tuple(_REPLIES.split(" / "))

TEMPLATES = (
    "{formality}, {arousal}, {confidence} the {topic} was {valence}, {warmth}, "
    "let us {interest} it {urgency}.",
    "{arousal}, {warmth}, {formality}, {confidence} this {topic} feels {valence}; "
    "we can {interest} it {urgency}.",
    "{warmth}, {formality}, {arousal}, {confidence} the {topic} turned out {valence}, "
    "shall we {interest} it {urgency}?",
    "{formality}, {arousal}, {confidence} that was one {valence} {topic}, {warmth}, "
    "I would {interest} it {urgency}.",
    "{arousal}, {warmth}, we should {interest} this {urgency}; {formality}, "
    "{confidence} the {topic} is {valence}.",
    "{arousal}, {confidence} we had one {valence} {topic} there; {formality}, {warmth}, "
    "please {interest} it {urgency}.",
)

_EXCITED_LEVEL = 7  # from here on a sentence ends in an exclamation mark

READABLE_CHANNELS = ("length_letters", "exclamation_mark", "question_mark")
EMBEDDED = 29
TEXT_CHANNELS = (*READABLE_CHANNELS, *(f"embedding_{i:02d}" for i in range(1, EMBEDDED + 1)))
"""Names of the 32 channels of `encode_text`."""

_HASH_SCALE = 0.12
_GRADE_SCALE = 3.0
_WORD = re.compile(r"([^\W_]+(?:['’-][^\W_]+)*)([!?]*)")


def write(rng: np.random.Generator, latents: np.ndarray, ambiguous: np.ndarray) -> list[str]:
    """Write one transcript per utterance.

    Every factor chooses the word of its level; template and alternatives are chosen at random
    and depend on nothing. So a perfect reader learns the levels, and no more.

    Args:
        latents: (N, 8) what the words express, in the order of `EXPRESSED`.
        ambiguous: (N,) bool; such an utterance is a short reply that expresses formality only.

    Returns:
        N transcripts.
    """
    levels = level_of(latents)
    which = rng.integers(len(TEMPLATES), size=len(latents))
    alternative = rng.random((len(latents), len(EXPRESSED)))
    transcripts = []
    for i in range(len(latents)):
        if ambiguous[i]:
            transcripts.append(
                _sentence_case(_pick(REPLIES[levels[i, -1]], alternative[i, -1])) + "."
            )
            continue
        words = {
            name: _pick(GRADED[name][level], chance)
            for name, level, chance in zip(EXPRESSED, levels[i], alternative[i], strict=True)
        }
        sentence = TEMPLATES[which[i]].format(**words)
        if levels[i, EXPRESSED.index("arousal")] >= _EXCITED_LEVEL:
            sentence = sentence.removesuffix(".") + "!"
        transcripts.append(_sentence_case(sentence))
    return transcripts


def encode_text(transcript: str) -> np.ndarray:
    """Features of a sentence, one row per word, the same wherever and whenever it is encoded.

    Three channels can be read (see `READABLE_CHANNELS`). The other 29 are a word embedding in
    which every word has pseudo-random coordinates of its own, drawn from a hash of the word,
    and the words of the demo's vocabulary are shifted along one direction for each factor by
    what their level means, as sentiment is a direction in learned embeddings. Words outside
    the vocabulary have their own coordinates only: no meaning, but a place.

    Args:
        transcript: any text; case and punctuation do not matter but for ``!`` and ``?``.

    Returns:
        (words, 32) float32; a text without words gives one row of zeros.

    Example:
        >>> encode_text("The train was lovely!").shape
        (4, 32)
        >>> encode_text("The train was lovely!")[-1, :3].tolist()
        [6.0, 1.0, 0.0]
    """
    return encode_words(split_words(transcript) or [("", "")])


def split_words(transcript: str) -> list[tuple[str, str]]:
    """The words of a text in lower case, each with the ``!`` and ``?`` that follow it.

    Example:
        >>> split_words("Wow, now?!")
        [('wow', ''), ('now', '?!')]
    """
    return _WORD.findall(transcript.lower())


def encode_words(words: list[tuple[str, str]]) -> np.ndarray:
    """Features (words, 32) float32 of what `split_words` returned; an empty word is zeros."""
    vocabulary = {word: row for row, word in enumerate(dict.fromkeys(words))}
    vectors = np.stack([_encode_word(*word) for word in vocabulary])
    return vectors[[vocabulary[word] for word in words]]


@cache
def graded_words() -> dict[str, tuple[str, int]]:
    """The vocabulary with a meaning: word → (factor, level)."""
    lists = [*GRADED.items(), ("formality", REPLIES)]
    return {
        split_words(phrase)[-1][0]: (name, level)
        for name, phrases in lists
        for level, phrase in enumerate(phrases)
        for phrase in phrase.split("|")
    }


def _encode_word(word: str, marks: str) -> np.ndarray:
    vector = np.zeros(len(TEXT_CHANNELS), np.float32)
    if not word:
        return vector
    vector[:3] = len(word), "!" in marks, "?" in marks
    vector[3:] = _HASH_SCALE * _hashed_normal(word, EMBEDDED)
    if word in graded_words():
        name, level = graded_words()[word]
        vector[3:] += _GRADE_SCALE * LEVEL_MEANS[level] * _directions()[EXPRESSED.index(name)]
    return vector


@cache
def _directions() -> np.ndarray:
    """One unit vector per factor (8, 29), orthogonal to each other."""
    random = np.stack([_hashed_normal(f"direction of {name}", EMBEDDED) for name in EXPRESSED])
    return np.linalg.qr(random.T)[0].T


def _hashed_normal(text: str, count: int) -> np.ndarray:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "little")).standard_normal(count)


def _pick(phrases: str, chance: float) -> str:
    choices = phrases.split("|")
    return choices[int(chance * len(choices))]


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]
