"""What is measured after an epoch: which keys, on which utterances, and values that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mmmie.model.config import ModelSettings
from mmmie.model.encoders import Code
from mmmie.model.features import FeatureStore
from mmmie.model.mmmie import MMMIE, Codes
from mmmie.training import measured_bounds
from mmmie.training.config import load_config
from mmmie.training.measured_bounds import measure, measured_rows, sample_codes
from mmmie.training.objective.bounds import LOWER
from mmmie.training.objective.objective import Objective

NAMES = ["text", "audio"]


def parts(corpus, *overrides, **settings):
    """An objective, and the sampled codes of all utterances by an untrained model."""
    torch.manual_seed(0)
    small = ModelSettings(dim=16, invariant_dim=4, specific_dim=4, **settings)
    model = MMMIE(corpus.modalities, corpus.label, small)
    model.standardise_by(corpus, np.arange(len(corpus)))
    objective = Objective(model, load_config(overrides=list(overrides)).objective)
    inputs = FeatureStore(corpus, list(corpus.modalities), "cpu").gather(np.arange(len(corpus)))
    codes = model.eval().encode(inputs)
    every = torch.arange(len(corpus))
    return objective, sample_codes(codes, every, model.settings.stochastic)


def check(names, known, judged, utterances=1):
    """The check where every so many utterances are a conversation."""
    of = (torch.arange(len(codes.present)) // utterances for codes in (known, judged))
    return measured_bounds.check(names, known, judged, *of)


def gaussian_codes(count, nats, dim=4, seed=0, held=None):
    """Codes of two modalities that share `nats`; only the first `held` have both."""
    generator = torch.Generator().manual_seed(seed)
    rho = math.sqrt(1 - math.exp(-2 * nats / dim))
    z = torch.randn(count, 2, dim, generator=generator)
    z[:, 1] = rho * z[:, 0] + math.sqrt(1 - rho**2) * z[:, 1]
    code = Code(z, torch.zeros_like(z), z)
    present = torch.ones(count, 2, dtype=torch.bool)
    if held is not None:
        present[held:, 1] = False
    return Codes(code, code, [z[:, 0], z[:, 1]], present)


def test_all_values_have_an_error_and_brackets_are_in_order(make_corpus):
    objective, codes = parts(make_corpus(conversations=40))
    found = measure(objective, codes)
    families = ["min", "min_specific", "lower", "upper", "lower_specific", "upper_specific"]
    expected = {f"{family}/{m}" for family in [*families, "separation"] for m in NAMES}
    expected.add("max/text-audio")
    assert set(found) == {
        "mi/ceiling",
        *(f"mi/{key}" for key in expected),
        *(f"mi/std/{key}" for key in expected if not key.startswith("separation")),
    }
    assert found["mi/ceiling"] == pytest.approx(math.log(200))
    for m in NAMES:
        for kind in ("", "_specific"):
            low, high = found[f"mi/lower{kind}/{m}"], found[f"mi/upper{kind}/{m}"]
            assert low <= high <= found[f"mi/min{kind}/{m}"] + 1e-4
            assert low <= math.log(200) + 1e-4


def test_values_are_those_of_the_objective(make_corpus):
    objective, codes = parts(make_corpus(), "objective.minimise.estimator=club")
    found = measure(objective, codes)
    pair = objective.lower_bounds(codes)["text-audio"].item()
    assert found["mi/max/text-audio"] == pytest.approx(pair, abs=1e-5)
    for name, value in objective.upper_bounds(codes, "specific").items():
        assert found[f"mi/min_specific/{name}"] == pytest.approx(value.item(), abs=1e-4)
    assert all(found[f"mi/separation/{name}"] >= 0 for name in NAMES)


@pytest.mark.slow
def test_separation_is_what_gaussian_codes_share(make_corpus):
    objective, _ = parts(make_corpus())
    z, noise = torch.randn(2, 1200, 2, 4, generator=torch.Generator().manual_seed(0))
    s = 0.8 * z + 0.6 * noise
    zero, present = torch.zeros_like(z), torch.ones(1200, 2, dtype=torch.bool)
    codes = Codes(Code(z, zero, z), Code(s, zero, s), [z[:, 0], z[:, 1]], present)
    found = measure(objective, codes)
    assert found["mi/separation/text"] == pytest.approx(-2 * math.log(0.6**2), abs=0.1)


def test_without_noise_in_the_encoder_there_is_no_bracket(make_corpus):
    objective, codes = parts(make_corpus(), stochastic=False)
    found = measure(objective, codes)
    assert "mi/min/text" in found
    assert not any("lower" in key or "upper" in key for key in found)


@pytest.mark.parametrize("estimator", LOWER)
def test_only_infonce_has_a_ceiling(make_corpus, estimator):
    objective, codes = parts(make_corpus(), f"objective.maximise.estimator={estimator}")
    assert ("mi/ceiling" in measure(objective, codes)) == (estimator == "infonce")


@pytest.mark.parametrize("held", [0, 1, 2, 20])
def test_a_modality_that_hardly_any_utterance_has(make_corpus, held):
    objective, codes = parts(make_corpus())
    codes.present[held:, 1] = False
    found = measure(objective, codes)
    assert all(math.isfinite(value) for value in found.values())
    assert ("mi/max/text-audio" in found) == ("mi/min/audio" in found) == (held > 1)
    assert found.get("mi/ceiling", 0) == pytest.approx(math.log(max(held, 1)))


def test_what_is_not_finite_is_left_out(make_corpus):
    objective, codes = parts(
        make_corpus(),
        "objective.maximise.estimator=nwj",
        "objective.maximise.critic=cosine",
    )
    with torch.no_grad():
        objective.of_pairs[0].offset.fill_(1000)
    found = measure(objective, codes)
    assert "mi/max/text-audio" not in found and "mi/min/text" in found


def test_the_sample_is_fixed_and_no_larger_than_it_may_be():
    assert sorted(measured_rows(300)) == list(range(300))
    assert len(set(measured_rows(10_000))) == 4096
    assert (measured_rows(10_000) == measured_rows(10_000)).all()


@pytest.mark.parametrize("nats", [0, 1, 2])
@pytest.mark.slow
def test_the_check_finds_what_is_shared(nats):
    found = check(NAMES, gaussian_codes(3000, nats), gaussian_codes(800, nats, seed=1))
    error = found["mi/check_std/text-audio"]
    assert 0 <= error < 0.1
    assert found["mi/check/text-audio"] == pytest.approx(nats, abs=0.1 + 3 * error)
    assert found["mi/check_ceiling"] == pytest.approx(math.log(800))


def test_the_error_of_the_check_is_over_conversations():
    known, judged = gaussian_codes(900, 1), gaussian_codes(400, 1, seed=1)
    for codes in (known, judged):  # the same said six times over
        sample = codes.invariant.sample
        sample[:] = sample[torch.arange(len(sample)) // 6 * 6]
    alone, together = (check(NAMES, known, judged, u) for u in (1, 6))
    error = "mi/check_std/text-audio"
    assert together[error] > 1.8 * alone[error]


def test_the_check_takes_only_utterances_that_have_both():
    known, judged = gaussian_codes(500, 1, held=200), gaussian_codes(300, 1, seed=1, held=100)
    for codes in (known, judged):
        codes.invariant.sample[~codes.present[:, 1]] = math.nan
    found = check(NAMES, known, judged)
    assert found["mi/check_ceiling"] == pytest.approx(math.log(100))
    assert check(NAMES, gaussian_codes(500, 1, held=3), judged) == {}
    assert check(NAMES, known, gaussian_codes(500, 1, held=1)) == {}


def test_the_check_is_the_same_every_time_and_takes_no_random_numbers():
    known, judged = gaussian_codes(300, 1), gaussian_codes(100, 1, seed=1)
    torch.manual_seed(5)
    first, state = check(NAMES, known, judged), torch.get_rng_state()
    torch.manual_seed(5)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(6)
    assert check(NAMES, known, judged) == first


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_measuring_on_a_gpu_gives_the_same(make_corpus):
    objective, codes = parts(make_corpus())
    here = measure(objective, codes)

    def moved(code):
        return Code(code.mean.cuda(), code.log_variance.cuda(), code.sample.cuda())

    there = Codes(
        moved(codes.invariant),
        moved(codes.specific),
        [s.cuda() for s in codes.summaries],
        codes.present.cuda(),
    )
    found = measure(objective.cuda(), there)
    assert found.keys() == here.keys()
    for key, value in here.items():
        assert found[key] == pytest.approx(value, abs=1e-3)
    assert check(NAMES, there, there).keys() == check(NAMES, codes, codes).keys()
