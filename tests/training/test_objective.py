"""The terms of the loss: what they move, what they leave alone, when they vanish."""

import numpy as np
import pytest
import torch

from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.mmmie import MMMIE
from mmmie.training.config import load_config
from mmmie.training.objective import Objective


def parts(corpus, *overrides, **settings):
    torch.manual_seed(0)
    model = MMMIE(corpus.modalities, corpus.label, ModelSettings(dim=16, code_dim=4, **settings))
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
        "separation",
        "reconstruction",
    }
    for term in terms.values():
        assert term.ndim == 0 and torch.isfinite(term) and gradient(model, term) > 0


def test_without_maximisation_the_critic_learns_and_the_codes_are_left_alone(make_corpus):
    model, objective, codes = parts(make_corpus(), "objective.maximise.enabled=false")
    term = objective(codes)["maximise"]
    assert gradient(model, term) == 0
    assert objective.temperature.grad.abs().sum() > 0


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


@pytest.mark.parametrize("estimator", ["vub", "club", "l1out"])
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


@pytest.mark.parametrize("estimator", ["vub", "club", "l1out"])
def test_one_modality_has_no_pair(make_corpus, estimator):
    _, objective, codes = parts(
        make_corpus(levels={"text": "sequence"}), f"objective.minimise.estimator={estimator}"
    )
    assert objective.lower_bounds(codes) == {}
    assert "maximise" not in objective(codes)


@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_modality_that_hardly_any_utterance_has(make_corpus, held):
    _, objective, codes = parts(make_corpus())
    codes.present[held:, 1] = False
    for term in objective(codes).values():
        assert torch.isfinite(term)
    assert torch.isfinite(objective.conditional_loss(codes))


def test_task_loss_is_in_deviations_of_the_label(make_corpus):
    corpus = make_corpus()
    model, objective, _ = parts(corpus)
    labels = torch.from_numpy(corpus.targets)
    off = objective.task(model, labels + 2 * labels.std(correction=0), labels)
    assert off.item() == pytest.approx(2, rel=1e-4)
