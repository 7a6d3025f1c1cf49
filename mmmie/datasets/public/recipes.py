"""How to build each public corpus: its files, its terms, and what makes a corpus of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mmmie.datasets.formats.registry import open_reading
from mmmie.datasets.public.downloads import fetch_all, sha256_of
from mmmie.datasets.public.hashed_words import hashed_words
from mmmie.datasets.streamed_corpus import Reading
from mmmie.errors import InputError

_MELD = "https://raw.githubusercontent.com/declare-lab/MELD/master/data"
_SDK = "http://immortal.multicomp.cs.cmu.edu"


@dataclass(frozen=True)
class Recipe:
    """A public corpus.

    Attributes:
        name: what ``mmmie data get`` calls it.
        title: what it is, in one line.
        terms: its licence or terms of use, as far as they are known, and where they stand.
        page: where its authors describe it.
        base: the beginning of all addresses.
        files: their ends; the last part is the name of the file.
        words: whether features are made of the transcripts, since the files have none.
        sha256: file name → published checksum, where there is one.
    """

    name: str
    title: str
    terms: str
    page: str
    base: str
    files: tuple[str, ...]
    words: bool = False
    sha256: dict[str, str] = field(default_factory=dict)

    @property
    def urls(self) -> dict[str, str]:
        """File name → where it is."""
        return {path.rpartition("/")[2]: f"{self.base}/{path}" for path in self.files}


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "meld",
            "MELD, dialogues of the series Friends, sentiment and emotion; features of the words",
            "GNU General Public License 3.0 for the repository with the transcripts; they are of "
            "a television series whose rights others hold: for research. Cite Poria et al., 2019 "
            "(arXiv 1810.02508).",
            "https://github.com/declare-lab/MELD",
            f"{_MELD}/MELD",
            tuple(f"{split}_sent_emo.csv" for split in ("train", "dev", "test")),
            words=True,
        ),
        Recipe(
            "emorynlp",
            "EmoryNLP, dialogues of the series Friends, seven emotions; features of the words",
            "No licence is known for these files, see the page; the transcripts are of a "
            "television series whose rights others hold: for research. Cite Zahiri and Choi, 2018 "
            "(arXiv 1708.04299).",
            "https://github.com/emorynlp/emotion-detection",
            f"{_MELD}/emorynlp",
            tuple(f"emorynlp_{split}_final.csv" for split in ("train", "dev", "test")),
            words=True,
        ),
        Recipe(
            "mosi",
            "CMU-MOSI, opinions on video, sentiment; GloVe, COVAREP and FACET of the SDK",
            "No licence comes with the files, see the page: for academic research; the videos stay "
            "those of their makers. Cite Zadeh et al., 2016 (arXiv 1606.06259).",
            "https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK",
            f"{_SDK}/CMU-MOSI",
            (
                "labels/CMU_MOSI_Opinion_Labels.csd",
                "language/CMU_MOSI_TimestampedWords.csd",
                "language/CMU_MOSI_TimestampedWordVectors.csd",
                "acoustic/CMU_MOSI_COVAREP.csd",
                "visual/CMU_MOSI_Visual_Facet_42.csd",
            ),
        ),
        Recipe(
            "mosei",
            "CMU-MOSEI, opinions on video, sentiment and emotions; GloVe, COVAREP and FACET: large",
            "No licence comes with the files, see the page: for academic research; the videos stay "
            "those of their makers. Cite Zadeh et al., 2018 (ACL, P18-1208).",
            "https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK",
            f"{_SDK}/CMU-MOSEI",
            (
                "labels/CMU_MOSEI_Labels.csd",
                "language/CMU_MOSEI_TimestampedWords.csd",
                "language/CMU_MOSEI_TimestampedWordVectors.csd",
                "acoustic/CMU_MOSEI_COVAREP.csd",
                "visual/CMU_MOSEI_VisualFacet42.csd",
            ),
        ),
    )
}
"""Name → recipe. A new one is an entry here, for files that a format opens."""


def recipe_of(name: str) -> Recipe:
    """The recipe of a corpus.

    Raises:
        InputError: there is none of this name.

    Example:
        >>> sorted(recipe_of("meld").urls)
        ['dev_sent_emo.csv', 'test_sent_emo.csv', 'train_sent_emo.csv']
    """
    if name.lower() not in RECIPES:
        raise InputError(f"data get: there is no recipe for {name!r}; use {', '.join(RECIPES)}")
    return RECIPES[name.lower()]


def check_destination(destination: Path) -> None:
    """Raise an `InputError` where a corpus folder cannot be made, before anything is fetched."""
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise InputError(f"{destination}: exists and is not empty; name a new folder")


def get_corpus(
    recipe: Recipe,
    destination: Path,
    *,
    given: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """Build a public corpus as a corpus folder.

    Args:
        recipe: what to build.
        destination: the new corpus folder.
        given: a folder that has the files; where it is left out, they are fetched into
            ``MMMIE_CACHE`` (default ``~/.cache/mmmie``) and kept there.
        say: told which file is being fetched.

    Returns:
        How many utterances it has.

    Raises:
        InputError: a file is missing, cannot be fetched, has another checksum or a fault, or the
            destination is taken; nothing is written there.
    """
    check_destination(destination)
    folder = given or _cache() / recipe.name
    by_hand = (
        f"get {', '.join(recipe.urls)} from {recipe.page}, put them into one folder and name it: "
        f"`mmmie data get {recipe.name} {destination} --from FOLDER`"
    )
    if given is None:
        sums = fetch_all(recipe.urls, folder, recipe.sha256, by_hand=by_hand, say=say)
    else:
        missing = [name for name in recipe.urls if not (given / name).is_file()]
        if missing:
            raise InputError(f"{given}: lacks {', '.join(missing)}; {by_hand}")
        sums = {name: sha256_of(given / name) for name in recipe.urls}
    reading = open_reading(folder)[1]
    if recipe.words:
        reading = _with_words(reading)
        words = "The text features are of the transcripts alone: audio and vision are not in these"
        reading.notes += (f"{words} files.",)
    reading.name, reading.source, reading.licence = recipe.name, recipe.page, recipe.terms
    reading.notes += (_checked(sums, recipe),)
    reading.save(destination)
    return len(reading.utterances)


def _with_words(reading: Reading) -> Reading:
    table = reading.utterances
    try:
        spoken = table["transcript"].fillna("").astype(str).tolist()
        text = hashed_words(spoken, np.asarray(table["split"] == "train"))
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{reading.path}: no text features can be made of its transcripts ({error}); get its "
            f"files again"
        ) from None
    return replace(reading, streams={"text": text, **reading.streams})


def _checked(sums: dict[str, str], recipe: Recipe) -> str:
    """The note that says which files these are, and whether anybody can tell that they are."""
    told = ", ".join(f"{name} {digest}" for name, digest in sums.items())
    if all(recipe.sha256.get(name) == digest for name, digest in sums.items()):
        return f"Built from files with the published SHA-256: {told}."
    return f"No checksum of its files is published to compare with; their SHA-256 is: {told}."


def _cache() -> Path:
    return Path(os.environ.get("MMMIE_CACHE", Path.home() / ".cache" / "mmmie")) / "public"
