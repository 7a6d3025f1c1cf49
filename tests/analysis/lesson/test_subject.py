from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.preset_questions import PRESETS
from mmmie.analysis.ask.question import Question
from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
from mmmie.analysis.codes.claims import LABEL, OWN, SHARED
from mmmie.analysis.lesson.pull import bound_by_batch, bound_error, chances, draw_batch, pair_game
from mmmie.analysis.lesson.squeeze import divergence, upper_bounds
from mmmie.analysis.lesson.subject import (
    code_contents,
    code_distances,
    codes_of,
    encode_one,
    presence,
    same_words,
    telling_utterance,
)
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus, Features
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train

pytestmark = pytest.mark.slow

SMALL = ["model.dim=8", "model.heads=2", "model.invariant_dim=3", "model.specific_dim=3"]


@pytest.fixture
def trained(make_corpus, tmp_path) -> tuple[Checkpoint, Corpus, SplitOutputs]:
    """A run of one epoch with a sequence and a vector, and what it says about valid."""
    save_corpus_folder(make_corpus(conversations=24), tmp_path / "corpus")
    config = load_config(overrides=[*SMALL, "training.epochs=1", "training.mi_check_every=0"])
    run = train(tmp_path / "corpus", tmp_path / "run", config, device="cpu")
    checkpoint = load_checkpoint(run.path)
    corpus = checkpoint.corpus()
    return checkpoint, corpus, checkpoint.outputs(corpus, "valid")


def correlated(rho: float, n: int = 400) -> tuple[Corpus | None, SplitOutputs]:
    """Outputs whose codes of text and audio are standard normal and correlate by ρ."""
    random = np.random.default_rng(0)
    x = random.standard_normal((n, 2))
    y = rho * x + math.sqrt(1 - rho**2) * random.standard_normal((n, 2))
    codes = {"text": x, "audio": y}
    spaces = {f"{k}.{m}": c for k in ("invariant", "specific") for m, c in codes.items()}
    return None, SplitOutputs(
        np.arange(n), {}, {}, np.zeros((n, 1), int), np.zeros((n, 1), int), 0, spaces,
        ["text", "audio"],
    )  # fmt: skip


def test_the_lesson_begins_where_identity_or_neighbours_help_most(make_corpus) -> None:
    corpus = make_corpus(conversations=3, splits=("valid",))
    truth = corpus.targets.astype(float)
    outputs = correlated(0.5, len(corpus))[1]
    off, alone = truth.copy(), truth.copy()
    off[3] += 2
    alone[7] += 3
    alone[9] += 5
    trained = truth.copy()
    trained[9] += 4.5  # wrong as it is: nothing to be shown
    outputs = replace(outputs, output={TRAINED: trained, "off": off, "no_context": alone})
    everyone = np.ones(len(corpus), bool)
    assert telling_utterance(corpus, outputs, everyone) == 7
    everyone[7] = False
    assert telling_utterance(corpus, outputs, everyone) == 3


def test_the_same_words_are_found_whatever_their_case(make_corpus) -> None:
    corpus = make_corpus(conversations=1, splits=("valid",))
    corpus.utterances["transcript"] = ["Sure.", "No", " sure. ", None, "SURE."]
    rows = np.arange(5)
    assert same_words(corpus, rows, 0).tolist() == [2, 4]
    assert same_words(corpus, rows, 1).tolist() == []
    assert same_words(corpus, rows, 3).tolist() == []
    corpus.utterances = corpus.utterances.drop(columns="transcript")
    assert same_words(corpus, rows, 0).tolist() == []


def test_an_empty_sequence_is_not_there(make_corpus) -> None:
    corpus = make_corpus(conversations=1)
    features = Features(np.ones((6, 4), np.float32), np.array([0, 2, 2, 4, 5, 6]))
    corpus.features["text"] = features
    held = presence(corpus, np.arange(5), ["text", "audio"])
    assert held.tolist() == [[True, True], [False, True], [True, True], [True, True], [True, True]]


def test_distances_of_one_utterance_and_of_two() -> None:
    outputs = correlated(0.0, 3)[1]
    outputs.spaces["invariant.text"] = np.array([[0.0, 0], [9, 9], [9, 9]])
    outputs.spaces["invariant.audio"] = np.array([[3.0, 4], [0, 2], [0, 4]])
    held = np.ones((3, 2), bool)
    assert code_distances(outputs, held, 0) == (5.0, 3.0)
    held[0, 1] = False
    assert np.isnan(code_distances(outputs, held, 0)).all()


def test_contents_are_read_where_they_are(make_corpus) -> None:
    corpus = make_corpus(conversations=30, splits=("valid",))
    random = np.random.default_rng(1)
    shared, own = random.standard_normal((2, len(corpus)))
    corpus.utterances["latent_shared_mood"] = shared
    corpus.utterances["latent_text_topic"] = own
    corpus.utterances["latent_text_silent"] = 0.0
    outputs = correlated(0.0, len(corpus))[1]
    noise = random.standard_normal((len(corpus), 1))
    outputs.spaces["invariant.text"] = np.column_stack([shared, noise])
    outputs.spaces["specific.text"] = np.column_stack([own, noise])
    table = code_contents(corpus, outputs)
    found = table.set_index(["modality", "code", "target"])["r2"]
    assert found["text", "z", SHARED] > 0.99 and found["text", "s", OWN] > 0.99
    assert found["text", "s", SHARED] < 0.1 and found["text", "z", OWN] < 0.1
    assert ("audio", "z", OWN) not in found.index  # nothing of audio alone is known
    assert ("audio", "z", LABEL) in found.index


def test_the_hidden_state_is_the_models_own(trained) -> None:
    checkpoint, corpus, outputs = trained
    row = int(outputs.rows[2])
    text = encode_one(checkpoint.model, "text", corpus.features["text"].of(row))
    assert text.features.shape == corpus.features["text"].of(row).shape
    assert text.weights is not None
    assert text.weights.sum() == pytest.approx(1)
    assert text.hidden.shape == (8,)
    np.testing.assert_allclose(text.codes["z"], outputs.spaces["invariant.text"][2], atol=1e-5)
    audio = encode_one(checkpoint.model, "audio", corpus.features["audio"].of(row))
    assert audio.weights is None
    assert audio.features.shape == (1, 4)
    np.testing.assert_allclose(audio.codes["s"], outputs.spaces["specific.audio"][2], atol=1e-5)
    score = checkpoint.model.encoder_of("text").encoder.score
    assert not score._forward_hooks  # nothing is left on the model


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_the_game_shows_the_information_of_correlated_normals(make_corpus, rho: float) -> None:
    corpus = make_corpus(conversations=80, splits=("valid",))
    outputs = correlated(rho)[1]
    game = pair_game(corpus, outputs, np.ones((400, 2), bool), ("text", "audio"), index=7)
    assert game is not None
    assert game.rows[0] == 7
    assert game.fitted + len(game.rows) == 400
    truth = -math.log(1 - rho**2)  # of two dimensions
    curve = bound_by_batch(game)
    assert curve["nats"].iloc[-1] == pytest.approx(truth, abs=0.25)
    assert (curve["nats"] <= curve["ceiling"] + 1e-6).all()
    batch = draw_batch(game, 12, seed=0)
    assert len(set(batch)) == 12 and batch[0] == 0
    assert game.bound(batch) <= math.log(12)
    assert game.scores(batch).shape == (12, 12)


def test_no_game_without_two_utterances_on_both_sides(make_corpus) -> None:
    corpus = make_corpus(conversations=2, splits=("valid",))
    outputs = correlated(0.5, len(corpus))[1]
    held = np.ones((len(corpus), 2), bool)
    assert pair_game(corpus, outputs, held, ("text", "audio"), 0) is not None
    held[5:, 0] = False
    assert pair_game(corpus, outputs, held, ("text", "audio"), 0) is None
    held[:] = True
    held[0, 1] = False
    assert pair_game(corpus, outputs, held, ("text", "audio"), 0) is None


def test_the_error_of_the_bound_is_that_of_the_mean_of_its_terms() -> None:
    scores = np.array([[3.0, 0.5, -1.0], [0.2, 1.0, 0.0], [-2.0, 0.4, 2.0]])
    each = [
        scores[i, i]
        - (math.log(np.exp(scores[i]).sum()) + math.log(np.exp(scores[:, i]).sum())) / 2
        for i in range(3)
    ]
    assert bound_error(scores) == pytest.approx(np.std(each, ddof=1) / math.sqrt(3))


def test_chances_are_a_softmax_of_rows() -> None:
    share = chances(np.array([[0.0, math.log(3)], [1000.0, -1000.0]]))
    np.testing.assert_allclose(share, [[0.25, 0.75], [1, 0]], atol=1e-12)


def test_divergences_add_up_to_the_bound() -> None:
    mean, deviation = np.array([1.0, 0.0, -2.0]), np.array([1.0, 0.5, 1.0])
    found = divergence(mean, deviation)
    np.testing.assert_allclose(found, [0.5, (0.25 - 1) / 2 + math.log(2), 2])


def test_upper_bounds_hold_and_club_is_the_loosest() -> None:
    """z = x + σε with x ~ N(0, 1 − σ²): VUB is exact, and I(x; z) = −ln σ a dimension."""
    outputs, sigma = correlated(0.0, 500)[1], 0.3
    x = math.sqrt(1 - sigma**2) * np.random.default_rng(5).standard_normal((500, 2))
    spread = np.full((500, 2), sigma)
    held = np.ones((500, 2), bool)
    outputs.spaces["invariant.text"] = x
    assert upper_bounds(outputs, held, "invariant", "text") is None  # no noise
    outputs = replace(
        outputs, deviations={name: spread for name in outputs.spaces}
    )  # fmt: skip
    found = upper_bounds(outputs, held, "invariant", "text")
    assert found is not None
    truth = -2 * math.log(sigma)
    assert found.vub == pytest.approx(truth, abs=0.15)
    assert found.lower <= found.vub < found.club
    assert found.lower == pytest.approx(truth, abs=0.15)
    assert found.l1out == pytest.approx(truth, abs=0.15)
    assert found.together - found.apart == pytest.approx(found.club)


def test_answers_agree_with_the_outputs_of_the_split(trained) -> None:
    checkpoint, corpus, outputs = trained
    index = 3
    row = int(outputs.rows[index])
    asker = Asker(checkpoint, corpus)
    for variant in (TRAINED, "off", "no_speaker", "swap_speaker"):
        [answer] = asker.answer([row], [PRESETS[variant].question])
        assert answer.output[0] == pytest.approx(outputs.output[variant][index], abs=1e-6)
    [alone] = asker.answer([row], [Question(missing=("audio",), everywhere=True)])
    place = outputs.modalities.index("audio")
    assert alone.attention[0, :, place].sum() == pytest.approx(0, abs=1e-6)
    assert alone.attention[0].sum() > 0.1
    means = {name: mean for name, (mean, _) in codes_of(checkpoint, corpus, row).items()}
    for name in ("invariant.text", "specific.audio"):
        np.testing.assert_allclose(means[name], outputs.spaces[name][index], atol=1e-5)
