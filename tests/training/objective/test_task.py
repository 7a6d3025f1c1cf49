"""The loss of the task against torch's own and against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mmmie.corpus import Label
from mmmie.errors import InputError
from mmmie.training.config import TaskSettings, load_config
from mmmie.training.objective.task import TaskLoss
from mmmie.training.objective.task_settings import class_weights

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
MOOD = Label("mood", "classification", classes=("calm", "fear", "joy"))
TRAIN = np.array([0] * 6 + [1] + [2] * 3)
DEVIATION = torch.tensor(2.0)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(7, 3, generator=generator, requires_grad=True)
    return logits, torch.tensor([0, 0, 2, 1, 0, 2, 0])


def test_weights_of_classes_are_those_of_sklearn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    found = class_weights(MOOD, TaskSettings(class_weights="balanced"), TRAIN)
    assert found == pytest.approx(
        compute_class_weight("balanced", classes=np.arange(3), y=TRAIN), rel=1e-12
    )
    assert class_weights(MOOD, TaskSettings(), TRAIN) is None
    named = class_weights(MOOD, TaskSettings(class_weights={"fear": 3}), TRAIN)
    assert named is not None and named.tolist() == [1, 3, 1]
    absent = class_weights(MOOD, TaskSettings(class_weights="balanced"), TRAIN[:7])
    assert absent == pytest.approx([7 / 12, 3.5, 1])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", ["none", "balanced", {"fear": 5.0}])
def test_weighted_cross_entropy_is_torchs(weights, smoothing) -> None:
    settings = TaskSettings(class_weights=weights, label_smoothing=smoothing)
    loss = TaskLoss(MOOD, settings, TRAIN)
    held = class_weights(MOOD, settings, TRAIN)
    reference = nn.CrossEntropyLoss(
        None if held is None else torch.tensor(held, dtype=torch.float32), label_smoothing=smoothing
    )
    logits, labels = batch()
    [given] = torch.autograd.grad(loss(logits, labels, DEVIATION), logits)
    [true] = torch.autograd.grad(reference(logits, labels), logits)
    assert torch.allclose(given, true, atol=1e-7)
    assert loss(logits, labels, DEVIATION).item() == pytest.approx(reference(logits, labels).item())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_is_its_sum_by_hand(gamma) -> None:
    settings = TaskSettings(loss="focal", focal_gamma=gamma, class_weights={"fear": 5})
    logits, labels = batch()
    found = TaskLoss(MOOD, settings)(logits, labels, DEVIATION)
    p = logits.detach().double().softmax(1).numpy()[np.arange(7), labels.numpy()]
    weight = np.array([1, 5, 1])[labels.numpy()]
    by_hand = (weight * (1 - p) ** gamma * -np.log(p)).sum() / weight.sum()
    assert found.item() == pytest.approx(by_hand, rel=1e-5)
    certain = torch.tensor([[200.0, 0, 0]], requires_grad=True)
    TaskLoss(MOOD, settings)(certain, torch.tensor([0]), DEVIATION).backward()
    assert certain.grad is not None and torch.isfinite(certain.grad).all()


@pytest.mark.parametrize(
    ("loss", "expected"),
    [("auto", 1.25), ("l1", 1.25), ("mse", (4 + 0.25) / 2), ("huber", (1.5 + 0.125) / 2)],
)
def test_losses_of_numbers_are_in_deviations_of_the_label(loss, expected) -> None:
    given = TaskLoss(NUMBER, TaskSettings(loss=loss))
    found = given(torch.tensor([5.0, 0.0]), torch.tensor([1.0, 1.0]), DEVIATION)
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("label", "settings", "named"),
    [
        (NUMBER, {"loss": "focal"}, "objective.task.loss"),
        (NUMBER, {"class_weights": "balanced"}, "objective.task.class_weights"),
        (NUMBER, {"label_smoothing": 0.1}, "objective.task.label_smoothing"),
        (MOOD, {"loss": "mse"}, "objective.task.loss"),
        (MOOD, {"loss": "focal", "label_smoothing": 0.1}, "objective.task.label_smoothing"),
        (MOOD, {"class_weights": {"anger": 2}}, "`anger`.*calm, fear, joy"),
    ],
)
def test_what_does_not_fit_the_label_is_refused_by_name(label, settings, named) -> None:
    with pytest.raises(InputError, match=named):
        TaskLoss(label, TaskSettings(**settings))


@pytest.mark.parametrize("said", ["heavy", "3", "{fear = 0}", "{fear = true}", "{fear = nan}"])
def test_a_wrong_weight_is_one_line_that_names_the_setting(said) -> None:
    with pytest.raises(InputError, match="`objective.task.class_weights` is") as refused:
        load_config(overrides=[f"objective.task.class_weights={said}"])
    assert "\n" not in str(refused.value) and "literal" not in str(refused.value)
