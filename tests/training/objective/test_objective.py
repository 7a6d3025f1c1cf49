"""The terms of the loss: what they move, what they leave alone, when they vanish."""

from itertools import zip_longest

import numpy as np
import pytest
import torch

from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.mmmie import MMMIE
from mmmie.training.config import load_config
from mmmie.training.objective.bounds import LOWER, UPPER, gaussian_information
from mmmie.training.objective.objective import Objective


def parts(corpus, *overrides, **settings):
    torch.manual_seed(0)
    model = MMMIE(
        corpus.modalities, corpus.label, ModelSettings(dim=16, invariant_dim=4, **settings)
    )
    model.standardise_by(corpus, np.arange(len(corpus)))
    objective = Objective(model, load_config(overrides=list(overrides)).objective)
    inputs = FeatureStore(corpus, list(corpus.modalities), "cpu").gather(np.arange(len(corpus)))
    return model, objective, model.train().encode(inputs)


def gradient(model, term):
    model.zero_grad()
    term.backward(retain_graph=True)
    moved = [p.grad.abs().sum().item() for p in model.encoders.parameters() if p.grad is not None]
    return sum(moved)


def test_all_terms_are_there_and_move_the_encoders(make_corpus):
    model, objective, codes = parts(make_corpus())
    terms = objective(codes)
    assert set(terms) == {
        "maximise",
        "minimise_invariant",
        "minimise_specific",
        "centring",
        "separation",
        "reconstruction",
    }
    for term in terms.values():
        assert term.ndim == 0 and torch.isfinite(term) and gradient(model, term) > 0


def test_without_maximisation_the_critic_learns_and_the_codes_are_left_alone(make_corpus):
    model, objective, codes = parts(make_corpus(), "objective.maximise.enabled=false")
    term = objective(codes)["maximise"]
    assert gradient(model, term) == 0
    assert all(p.grad.abs().sum() > 0 for p in objective.of_pairs.parameters())


def test_without_minimisation_no_upper_bound_is_in_the_loss(make_corpus):
    _, objective, codes = parts(make_corpus(), "objective.minimise.enabled=false")
    assert set(objective(codes)) == {"maximise", "reconstruction"}
    assert objective.conditional_loss(codes) is None


def test_weights_scale_their_terms(make_corpus):
    light = parts(make_corpus(), "objective.minimise.invariant=0.01")
    heavy = parts(make_corpus(), "objective.minimise.invariant=0.02")
    ratio = heavy[1](heavy[2])["minimise_invariant"] / light[1](light[2])["minimise_invariant"]
    assert ratio.item() == pytest.approx(2)


def test_the_exact_bound_is_the_divergence_from_the_prior(make_corpus):
    _, objective, codes = parts(make_corpus())
    for m, value in enumerate(objective.upper_bounds(codes).values()):
        mean, variance = codes.invariant.mean[:, m], codes.invariant.log_variance[:, m].exp()
        q = torch.distributions.Normal(mean, variance.sqrt())
        prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
        reference = torch.distributions.kl_divergence(q, prior).sum(-1).mean()
        assert value.item() == pytest.approx(reference.item(), rel=1e-5)


@pytest.mark.parametrize("critic", ["gaussian", "cosine"])
@pytest.mark.parametrize("estimator", LOWER)
def test_every_lower_bound_moves_codes_and_critic(make_corpus, estimator, critic):
    names = [f"objective.maximise.estimator={estimator}", f"objective.maximise.critic={critic}"]
    model, objective, codes = parts(make_corpus(), *names)
    learned = list(objective.of_pairs.parameters())
    assert {id(p) for p in objective.critics} >= {id(p) for p in learned}
    assert gradient(model, objective(codes)["maximise"]) > 0
    assert all(p.grad.abs().sum() > 0 for p in learned)
    model, objective, codes = parts(make_corpus(), *names, "objective.maximise.enabled=false")
    assert gradient(model, objective(codes)["maximise"]) == 0
    assert all(p.grad.abs().sum() > 0 for p in objective.of_pairs.parameters())


def test_scores_compare_every_utterance_with_every_other(make_corpus):
    _, objective, codes = parts(make_corpus())
    ((name, scores),) = objective.scores(codes).items()
    a, b = codes.invariant.sample[3:4, 0], codes.invariant.sample[5:6, 1]
    assert name == "text-audio"
    assert scores[3, 5].item() == pytest.approx(objective.of_pairs[0](a, b).item(), rel=1e-4)


@pytest.mark.parametrize("estimator", LOWER)
def test_all_pairs_and_modalities_at_once_are_one_after_the_other(make_corpus, estimator):
    corpus = make_corpus(levels={"a": "utterance", "b": "sequence", "c": "utterance"})
    _, objective, codes = parts(corpus, f"objective.maximise.estimator={estimator}")
    with torch.no_grad():
        for i, critic in enumerate(objective.of_pairs):
            critic.raw.add_(0.1 * i)
    bounds = objective.lower_bounds(codes)
    assert list(bounds) == ["a-b", "a-c", "b-c"]
    for name, scores in objective.scores(codes).items():
        assert torch.allclose(bounds[name], objective.lower.learn(scores), rtol=1e-4)
    apart = objective.separation(codes)
    for name, z, s in objective.mean_codes(codes):
        assert torch.allclose(apart[name], gaussian_information(z, s), rtol=1e-4)


@pytest.mark.parametrize("estimator", LOWER)
@pytest.mark.slow
def test_the_critic_of_every_lower_bound_is_learned(make_corpus, estimator):
    _, objective, codes = parts(
        make_corpus(conversations=40),
        f"objective.maximise.estimator={estimator}",
        "objective.minimise.enabled=false",
        "objective.reconstruction=0",
    )
    noise = torch.randn(200, 2, 4, generator=torch.Generator().manual_seed(0))
    noise[:, 1] = 0.9 * noise[:, 0] + 0.19**0.5 * noise[:, 1]
    codes.invariant.sample = noise
    optimiser = torch.optim.Adam(objective.critics, lr=0.05)
    for _ in range(100):
        optimiser.zero_grad()
        objective(codes)["maximise"].backward()
        optimiser.step()
    found = objective.lower.terms(objective.scores(codes)["text-audio"].detach()).mean().item()
    truth = -2 * np.log(1 - 0.9**2)
    assert 0.85 * truth < found < 1.1 * truth


@pytest.mark.parametrize("estimator", UPPER)
def test_deterministic_codes_are_squeezed_through_a_learned_conditional(make_corpus, estimator):
    model, objective, codes = parts(
        make_corpus(), f"objective.minimise.estimator={estimator}", stochastic=False
    )
    assert gradient(model, torch.stack(list(objective.upper_bounds(codes).values())).sum()) > 0
    fit = objective.conditional_loss(codes)
    model.zero_grad()
    objective.zero_grad()
    fit.backward()
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())
    assert any(p.grad is not None and p.grad.any() for p in objective.conditionals)


@pytest.mark.parametrize("estimator", UPPER)
def test_one_modality_has_no_pair(make_corpus, estimator):
    _, objective, codes = parts(
        make_corpus(levels={"text": "sequence"}), f"objective.minimise.estimator={estimator}"
    )
    assert objective.lower_bounds(codes) == {}
    assert "maximise" not in objective(codes)


@pytest.mark.parametrize("held", [0, 1, 2, 3])
@pytest.mark.parametrize(("lower", "upper"), list(zip_longest(LOWER, UPPER, fillvalue="vub")))
def test_a_modality_that_hardly_any_utterance_has(make_corpus, held, lower, upper):
    _, objective, codes = parts(
        make_corpus(),
        f"objective.maximise.estimator={lower}",
        f"objective.minimise.estimator={upper}",
    )
    codes.present[held:, 1] = False
    for term in objective(codes).values():
        assert torch.isfinite(term)
    assert objective.conditional_loss(codes) is None


def test_separation_moves_the_specific_code_and_the_invariant_one_a_tenth_as_much(make_corpus):
    _, objective, codes = parts(make_corpus(conversations=40))
    means = [code.mean.detach().requires_grad_() for code in (codes.invariant, codes.specific)]
    codes.invariant.mean, codes.specific.mean = means
    found = objective.separation(codes)
    alone = gaussian_information(means[0][:, 0], means[1][:, 0])
    assert found["text"].item() == pytest.approx(alone.item(), rel=1e-5)
    given = torch.autograd.grad(found["text"], means)
    true = torch.autograd.grad(alone, means)
    assert torch.allclose(given[0], 0.1 * true[0], atol=1e-7)
    assert torch.allclose(given[1], true[1], atol=1e-7)


def test_reconstruction_teaches_the_specific_code_alone(make_corpus):
    _, objective, codes = parts(make_corpus())
    samples = [code.sample.detach().requires_grad_() for code in (codes.invariant, codes.specific)]
    codes.invariant.sample, codes.specific.sample = samples
    objective.reconstruction(codes).backward()
    assert samples[0].grad is None and samples[1].grad.abs().sum() > 0


def test_centring_is_what_two_shifted_unit_normals_differ_by(make_corpus):
    _, objective, codes = parts(make_corpus())
    shifts = torch.tensor([[1.0, 0, 0, 0], [0, -2.0, 0, 0]])
    codes.invariant.mean = torch.zeros_like(codes.invariant.mean) + shifts
    normal = torch.distributions.Normal
    reference = torch.distributions.kl_divergence(normal(shifts, 1.0), normal(0.0, 1.0)).sum()
    assert objective.centring(codes).item() == pytest.approx(reference.item(), rel=1e-5)
