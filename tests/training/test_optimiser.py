"""What moves the weights: the schedule of learning rates and the clipped gradient."""

import pytest
import torch

from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.callbacks import Callback
from mmmie.training.config import load_config
from mmmie.training.objective.objective import Objective
from mmmie.training.optimiser import WeightAverage
from mmmie.training.trainer import Trainer

SMALL = ["training.batch_size=8", "model.dim=8", "model.heads=2", "training.mi_check_every=0"]


def trainer(corpus, *overrides, **arguments):
    return Trainer(corpus, load_config(overrides=[*SMALL, *overrides]), "cpu", **arguments)


class Rates(Callback):
    """The learning rate of every step; it is read after the step, so the first is of the second."""

    def __init__(self):
        self.seen = []

    def on_batch(self, trainer, step, steps):
        self.seen.append(trainer.optimiser.param_groups[0]["lr"])


@pytest.mark.slow
def test_learning_rates_rise_for_three_tenths_of_all_steps_and_then_fall(make_corpus):
    rates = Rates()
    fitted = trainer(
        make_corpus(conversations=36), "training.epochs=10", "training.patience=10",
        callbacks=[rates],
    )  # fmt: skip
    first = fitted.optimiser.param_groups[0]["lr"]
    fitted.fit()
    seen = [first, *rates.seen[:-1]]
    peak = seen.index(max(seen))
    assert max(seen) == pytest.approx(fitted.config.training.learning_rate, rel=0.01)
    assert peak / len(seen) == pytest.approx(0.3, abs=0.02)
    assert seen == sorted(seen[:peak]) + sorted(seen[peak:], reverse=True)
    assert seen[0] < 0.05 * max(seen) and seen[-1] < 0.01 * max(seen)


def norm(parameters):
    return torch.stack([p.grad.norm() for p in parameters if p.grad is not None]).norm().item()


@pytest.mark.parametrize(("clip", "expected"), [(0.01, 0.01), (1e6, None)])
def test_the_gradient_of_a_step_is_clipped(make_corpus, clip, expected):
    one = trainer(make_corpus(), f"training.clip={clip}")
    one.model.train()
    one._step(next(one.batches.epoch(0, 0)), 1)  # its gradients stay until the next step
    found = norm(one.optimiser.param_groups[0]["params"])
    if expected is None:
        assert found > 0.1  # which the other case would have clipped
    else:
        assert found == pytest.approx(expected, rel=1e-3)


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
