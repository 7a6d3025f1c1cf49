"""What moves the weights: the schedule of learning rates and the clipped gradient."""

import pytest
import torch

from mmmie.training.callbacks import Callback
from mmmie.training.config import load_config
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
