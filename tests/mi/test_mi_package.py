from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import mmmie.mi
from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, Estimator, estimator_class

each_estimator = pytest.mark.parametrize("name", ESTIMATORS)


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_importing_it_loads_no_torch():
    run("import sys, mmmie.mi; assert 'torch' not in sys.modules")


def test_it_uses_nothing_else_of_the_package_and_no_module_hides_a_function():
    run(
        "import sys, mmmie.mi.estimation, mmmie.mi\n"
        "alien = [name for name in sys.modules if name.startswith('mmmie.')\n"
        "         and not name.startswith(('mmmie.mi', 'mmmie.errors'))]\n"
        "assert not alien, alien\n"
        "assert callable(mmmie.mi.estimate) and callable(mmmie.mi.estimate)"
    )


def test_every_public_name_is_there():
    for name in mmmie.mi.__all__:
        assert getattr(mmmie.mi, name).__doc__
    assert not hasattr(mmmie.mi, "no_such_name")


def test_the_registry_finds_by_name_and_lists_the_names():
    assert list(ESTIMATORS) == ["infonce", "club", "l1out", "vub"]
    assert all(estimator_class(name).name == name for name in ESTIMATORS)
    with pytest.raises(InputError, match="`mine` is unknown; use one of infonce, club, l1out, vub"):
        estimator_class("mine")


def made(name: str) -> tuple[Estimator, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    x = torch.randn(12, 3)
    y = torch.cat([x, torch.randn(12, 2)], 1) + 0.5 * torch.randn(12, 5)
    return estimator_class(name)(3, 5, hidden=8), x, y


@each_estimator
def test_the_contract_holds(name):
    estimator, x, y = made(name)
    assert estimator.bound == ("lower" if name == "infonce" else "upper")
    ceiling = estimator.ceiling(64)
    assert ceiling == pytest.approx(4.1589, abs=1e-4) if name == "infonce" else ceiling is None
    estimator.prepare(x, y)
    assert estimator(x, y).shape == estimator.learning_loss(x, y).shape == ()


@each_estimator
def test_gradients_reach_both_sides_and_the_parameters(name):
    estimator, x, y = made(name)
    x.requires_grad_()
    y.requires_grad_()
    estimator(x, y).backward()
    assert x.grad.abs().sum() > 0
    # VUB compares conditionals with a marginal and looks at no single y
    assert y.grad is None if name == "vub" else y.grad.abs().sum() > 0
    estimator.zero_grad()
    estimator.learning_loss(x, y).backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in estimator.parameters())


@each_estimator
def test_the_same_batch_is_computed_anew_after_a_step(name):
    estimator, x, y = made(name)
    before = estimator(x, y).item()
    optimiser = torch.optim.SGD(estimator.parameters(), lr=0.1)
    estimator.learning_loss(x, y).backward()
    optimiser.step()
    assert estimator(x, y).item() != before


@each_estimator
def test_a_batch_of_one_gives_a_finite_value(name):
    estimator, x, y = made(name)
    assert estimator(x[:1], y[:1]).isfinite()


@each_estimator
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same(name):
    estimator, x, y = made(name)
    estimator.prepare(x, y)
    expected = estimator(x, y).item()
    assert estimator.cuda()(x.cuda(), y.cuda()).item() == pytest.approx(expected, abs=1e-3)
