"""The running mean of the weights: against a slow mean, and what a run keeps of it."""

import torch

from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.config import load_config
from mmmie.training.objective.objective import Objective
from mmmie.training.optimiser import WeightAverage


def followed(corpus):
    torch.manual_seed(0)
    model = MMMIE(corpus.modalities, corpus.label, ModelSettings(dim=16, invariant_dim=4))
    return model, Objective(model, load_config().objective)


def test_it_is_the_mean_with_forgetting(make_corpus):
    model, objective = followed(make_corpus())
    average = WeightAverage(model, objective, 0.9)
    weight, kept = model.head[1].weight, None
    for step in range(200):
        with torch.no_grad():
            weight.add_(torch.randn_like(weight))
        average.update()
        share = min(0.9, (1 + step) / (10 + step))
        now = weight.detach()
        kept = now.clone() if kept is None else share * kept + (1 - share) * now
    assert torch.allclose(average.model.head[1].weight, kept, atol=1e-5)
    assert not torch.allclose(average.model.head[1].weight, weight)


def test_without_a_share_it_is_the_model_itself(make_corpus):
    model, objective = followed(make_corpus())
    average = WeightAverage(model, objective, 0.0)
    average.update()
    assert average.model is model and average.objective is objective
    assert average.state_dict() == []


def test_it_goes_on_from_its_state(make_corpus):
    corpus = make_corpus()
    model, objective = followed(corpus)
    average = WeightAverage(model, objective, 0.99)
    average.update()
    other_model, other_objective = followed(corpus)
    other = WeightAverage(other_model, other_objective, 0.99)
    other.load_state_dict(average.state_dict())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    average.update()
    other_model.load_state_dict(model.state_dict())
    other_objective.load_state_dict(objective.state_dict())
    other.update()
    for a, b in zip(average.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(a, b)
