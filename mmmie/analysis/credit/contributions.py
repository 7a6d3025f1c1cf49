"""What every modality and every turn of the context adds to a prediction: exact Shapley values.

Two games, each exact and each adding up to the prediction. A player that does not take part has
its tokens hidden, so it is the trained model that answers, never one with invented features.

*Modalities.* Hiding one hides it in the whole window, the target included. This is what modality
dropout does in training, so the model has met every coalition but the empty one. With nothing to
read, the `target` readout gives what the bias of the head says and the `summary` readout what its
own token says: numbers that no training step ever saw. There the value is the mean label instead,
the best guess of one who knows nothing. The same holds where the `target` readout is left without a
token of the target: its neighbours then change nothing.

*Turns.* The target always takes part, so the game starts from what the model says of the target
alone (``no_context`` of `mmmie.analysis.ask.interventions`) and the players are its neighbours.
As a player the target would be in every coalition that reads anything, and half of what a
neighbour does would be credited to it. Windows with gaps do not occur in training, except at the
ends of a conversation.

The discount of seldom shown modalities (``keep`` of `mmmie.model.mmmie`) stays in both. Values
are in label units, for classes on the probability of one class.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.question import Question
from mmmie.analysis.errors.resampling import conversation_codes, metric_interval
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.model.identity import RELATIONS
from mmmie.model.mmmie import MMMIE

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint

MOST_TURNS = 10
"""Neighbours that are players of their own; of a longer window the farthest are one together."""


@dataclass(frozen=True)
class Contributions:
    """One prediction, taken apart twice.

    Attributes:
        utterance: its id.
        class_name: the class whose probability is explained, None for regression.
        mean_label: mean label of what the model was trained on, or the share of the class.
        alone: the prediction from the target without its neighbours.
        prediction: with all.
        modalities: `modality`, `value`; ``mean_label + sum(value) = prediction``.
        turns: one row per neighbour: `offset` to the target, `id`, `speaker`, `relation`,
            `transcript`, `count` and `value`; ``alone + sum(value) = prediction``. Where the
            farthest are one player they come first, with the `offset` of the nearest of them,
            how many they are in `count`, and None in the columns of text.
    """

    utterance: str
    class_name: str | None
    mean_label: float
    alone: float
    prediction: float
    modalities: pd.DataFrame
    turns: pd.DataFrame


def contributions(
    checkpoint: Checkpoint, corpus: Corpus, row: int, class_name: str | None = None
) -> Contributions:
    """What modalities and turns add to the prediction of one utterance.

    Args:
        class_name: the class to explain; the predicted one if left out.

    Raises:
        InputError: the class is unknown, the utterance has nothing that the model reads, or the
            model has more modalities than `mmmie.analysis.credit.contributions.MOST_PLAYERS`.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> found = contributions(checkpoint, checkpoint.corpus(), row=3)
        >>> total = found.mean_label + found.modalities["value"].sum()
        >>> bool(abs(total - found.prediction) < 1e-5)
        True
    """
    model, asker = checkpoint.model, Asker(checkpoint, corpus)
    corpus, rows = asker.corpus, np.array([row])
    name = str(corpus.utterances["id"].iloc[row])
    (window,), (relation,) = asker.window(rows)
    players = turn_players(window >= 0, asker.past)
    answers = asker.answer(rows, _turn_questions(players, asker.past))
    if not answers[-1].readable.all():
        raise InputError(
            f"{corpus.where}: utterance {name!r} has no features of {', '.join(model.modalities)}"
            f", so there is nothing to explain; name another"
        )
    by_turn = np.stack([answer.values[0] for answer in answers])
    by_modality = _modality_values(asker, rows, _mean_label(model, corpus))[:, 0]
    chosen = chosen_class(model, by_turn[-1], class_name)
    place = 0 if chosen is None else (model.label.classes or ()).index(chosen)
    return Contributions(
        utterance=name,
        class_name=chosen,
        mean_label=float(by_modality[0, place]),
        alone=float(by_turn[0, place]),
        prediction=float(by_turn[-1, place]),
        modalities=pd.DataFrame(
            {
                "modality": list(model.modalities),
                "value": shapley_values(by_modality[:, place]),
            }
        ),
        turns=_turn_frame(corpus, window, relation, players, asker.past).assign(
            value=shapley_values(by_turn[:, place])
        ),
    )


def split_contributions(
    checkpoint: Checkpoint, corpus: Corpus, split: str
) -> tuple[np.ndarray, np.ndarray]:
    """What every modality adds to every prediction of a split.

    For classes the values are on the probability of the class that is predicted.

    Returns:
        rows (n,) of the corpus, values (n, M) in the order of the model.

    Raises:
        InputError: the split is empty, the corpus does not fit, or there are too many modalities.
    """
    asker = Asker(checkpoint, corpus)
    rows = asker.corpus.rows(split)
    values = _modality_values(asker, rows, _mean_label(checkpoint.model, asker.corpus))
    predicted = values[-1].argmax(1)  # 0 for regression, which has one column
    return rows, shapley_values(values[:, np.arange(len(rows)), predicted]).T


def modality_summary(
    corpus: Corpus, rows: np.ndarray, values: np.ndarray, modalities: list[str]
) -> pd.DataFrame:
    """How much each modality moves a prediction, whichever way: the mean absolute contribution.

    Args:
        rows: (n,) from `split_contributions`.
        values: (n, M), the same.

    Returns:
        `modality`, `value`, `low`, `high`: the mean and its 95 % bootstrap interval over whole
        conversations, NaN where there is only one.
    """
    groups = conversation_codes(corpus, rows)
    nothing = np.zeros(len(rows))
    entries = []
    for name, column in zip(modalities, values.T, strict=True):
        # The mean distance of the contributions from zero is their mean absolute error.
        found = metric_interval("mae", corpus.label, column, nothing, groups)
        entries.append(
            {"modality": name, "value": found.value, "low": found.low, "high": found.high}
        )
    return pd.DataFrame(entries)


def chosen_class(model: MMMIE, output: np.ndarray, class_name: str | None) -> str | None:
    """The class to explain: the one asked for, else the likeliest; None for regression.

    Args:
        output: (classes,) probabilities, (1,) for regression.

    Raises:
        InputError: there is no such class.
    """
    classes = model.label.classes
    if class_name is None:
        return classes[int(output.argmax())] if classes else None
    if not classes:
        raise InputError(f"class `{class_name}`: {model.label.name} is a number; leave it out")
    if class_name not in classes:
        raise InputError(f"class `{class_name}` is unknown; choose one of {', '.join(classes)}")
    return class_name


def turn_players(there: np.ndarray, past: int) -> list[np.ndarray]:
    """The places of a window that are one player each, in order of time.

    Args:
        there: (W,) bool, whether a place holds an utterance.

    Returns:
        At most `MOST_TURNS` arrays of places; the first holds the farthest turns together where
        there are more.

    Example:
        >>> [list(map(int, p)) for p in turn_players(np.array([False, True, True, True]), past=2)]
        [[1], [3]]
    """
    places = np.flatnonzero(there)
    places = places[places != past]
    if len(places) <= MOST_TURNS:
        return [np.array([place]) for place in places]
    nearest_first = places[np.argsort(np.abs(places - past), kind="stable")]
    near = np.sort(nearest_first[: MOST_TURNS - 1])
    return [np.sort(nearest_first[MOST_TURNS - 1 :]), *(np.array([place]) for place in near)]


def _modality_values(asker: Asker, rows: np.ndarray, mean_label: np.ndarray) -> np.ndarray:
    """The value of every coalition of modalities for n targets, (2^M, n, 1 or classes)."""
    names = np.array(asker.modalities)
    games = [
        Question(missing=tuple(names[~members]), everywhere=True)
        for members in coalitions(len(names))
    ]
    answers = asker.answer(rows, games)
    return np.stack([np.where(a.readable[:, None], a.values, mean_label) for a in answers])


def _turn_questions(players: list[np.ndarray], past: int) -> list[Question]:
    """Every coalition of the neighbours of one target: the others are hidden."""
    offsets = [tuple(int(place) - past for place in places) for places in players]
    return [
        Question(hidden=tuple(o for i in np.flatnonzero(~members) for o in offsets[i]))
        for members in coalitions(len(players))
    ]


def _mean_label(model: MMMIE, corpus: Corpus) -> np.ndarray:
    """The mean label of what the model was trained on, (1,), or the share of every class.

    The weights keep the mean of a number. Shares are those of the corpus' train split, or of all
    of it where it has none.
    """
    if not model.label.classes:
        return np.array([float(model.label_mean)])
    targets = corpus.targets[corpus.rows("train")] if "train" in corpus.splits else corpus.targets
    return np.bincount(targets, minlength=len(model.label.classes)) / len(targets)


def _turn_frame(
    corpus: Corpus,
    window: np.ndarray,
    relation: np.ndarray,
    players: list[np.ndarray],
    past: int,
) -> pd.DataFrame:
    """Who the players are; see `Contributions.turns`."""
    entries: list[dict[str, Any]] = []
    for places in players:
        offset = int(min(places - past, key=abs))
        entry: dict[str, Any] = {"offset": offset, "count": len(places)}
        if len(places) == 1:
            turn = corpus.utterances.iloc[window[places[0]]]
            entry |= {key: turn.get(key) for key in ("id", "speaker", "transcript")}
            entry["relation"] = RELATIONS[relation[places[0]]]
        entries.append(entry)
    columns = ["offset", "count", "id", "speaker", "relation", "transcript"]
    return pd.DataFrame(entries, columns=columns)


MOST_PLAYERS = 12
"""4096 coalitions: about what a model evaluates while a reader waits."""


def coalitions(players: int) -> np.ndarray:
    """Every coalition of n players, (2ⁿ, n) bool.

    Row b holds the players whose bit is set in b, so row 0 is nobody and the last row everybody.

    Raises:
        InputError: there are more players than `MOST_PLAYERS`.

    Example:
        >>> coalitions(2).astype(int).tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if players > MOST_PLAYERS:
        raise InputError(
            f"exact Shapley values of {players} players need 2^{players} predictions; give at "
            f"most {MOST_PLAYERS}, or merge some"
        )
    bits = np.arange(2**players)[:, None] >> np.arange(players)[None, :]
    return (bits & 1).astype(bool)


def shapley_values(values: np.ndarray) -> np.ndarray:
    """What every player adds, averaged over all orders in which they can join.

    Shapley 1953: φ_i = Σ_{S without i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).

    Args:
        values: (2ⁿ, …) value of every coalition in the order of `coalitions`; further axes are
            games of their own.

    Returns:
        (n, …) float64; the sum over players is ``values[-1] - values[0]``.

    Raises:
        ValueError: the number of values is no power of two.

    Example:
        A glove game: player 0 has a left glove, players 1 and 2 a right one each; a pair is
        worth 1.

        >>> pairs = [0, 0, 0, 1, 0, 1, 0, 1]
        >>> shapley_values(np.array(pairs)).round(3).tolist()
        [0.667, 0.167, 0.167]
    """
    values = np.asarray(values, np.float64)
    players = len(values).bit_length() - 1
    if len(values) != 2**players:
        raise ValueError(f"{len(values)} values; give one for each of 2^n coalitions")
    members = coalitions(players)
    orders = [
        factorial(size) * factorial(players - size - 1) / factorial(players)
        for size in range(players)
    ]
    found = np.zeros((players, *values.shape[1:]))
    for player in range(players):
        without = np.flatnonzero(~members[:, player])
        weights = np.array(orders)[members[without].sum(1)]
        gains = values[without + 2**player] - values[without]
        found[player] = np.tensordot(weights, gains, 1)
    return found
