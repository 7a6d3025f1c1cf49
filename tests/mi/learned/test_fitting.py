from __future__ import annotations

import pytest
import torch

from mmmie.mi import CLUB, InfoNCE
from mmmie.mi.catalogue import Facts
from mmmie.mi.estimator import Estimator
from mmmie.mi.learned.fitting import fit_by_steps, one_thread
from mmmie.mi.tasks import gaussian


def pairs(n=400, dim=2, mi=1.0, seed=0):
    return tuple(torch.from_numpy(side).float() for side in gaussian(dim, mi).sample(n, seed))


def fitted(kind=InfoNCE, seed=0, steps=30, **options):
    torch.manual_seed(0)
    model = kind(2, 2, hidden=8)
    fit_by_steps(model, *pairs(**options), steps, 32, 1e-2, seed)
    return model


def parameters(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_the_seed_decides():
    first, again, other = (parameters(fitted(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_random_state_threads_and_gradients_stay_as_they_were():
    torch.manual_seed(3)
    model, data = InfoNCE(2, 2, hidden=8), pairs()
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        fit_by_steps(model, *data, 10, 32, 1e-2, 0)
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_threads_are_set_back_after_an_error():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyError), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_it_learns_without_gradients_around_it():
    expected = parameters(fitted())
    with torch.no_grad():
        assert torch.equal(parameters(fitted()), expected)
    torch.manual_seed(0)
    model, data = InfoNCE(2, 2, hidden=8), pairs()
    with torch.inference_mode():
        fit_by_steps(model, *data, 30, 32, 1e-2, 0)
    assert torch.equal(parameters(model), expected)


def test_it_ends_in_evaluation_mode():
    assert not fitted().training


class Counting(Estimator):
    """A parameter that its loss pulls to a goal, and a note of what it was shown."""

    facts = Facts("counting", "counting", "", "lower", "nothing", how="", to_know="", paper="")

    def __init__(self, goal: float, wall: float = 1e9) -> None:
        super().__init__(2, 2)
        self.level = torch.nn.Parameter(torch.tensor(0.0))
        self.goal, self.wall, self.learned, self.checked = goal, wall, 0, 0

    def loss(self, x, y):
        if self.training:
            self.learned += 1
            return (self.level - self.goal).square() + 0 * x.sum()
        self.checked += 1
        # what it learns is of use up to the wall only
        return (self.level - min(self.goal, self.wall)).square() + 0 * x.sum()

    def row_terms(self, x, y):
        return x[:, 0]


def test_what_is_kept_is_best_on_the_pairs_set_aside():
    free, walled = Counting(2.0), Counting(2.0, wall=0.5)
    for model in (free, walled):
        fit_by_steps(model, *pairs(), 400, 32, 0.05, 0)
    assert free.level.item() == pytest.approx(2, abs=0.1)
    assert walled.level.item() == pytest.approx(0.5, abs=0.15)


def test_nothing_worthwhile_ends_it_early():
    done, going = Counting(0.0), Counting(50.0)
    for model in (done, going):
        fit_by_steps(model, *pairs(), 400, 32, 0.05, 0)
    assert done.learned < 200 and going.learned == 400


@pytest.mark.parametrize("steps", [1, 2, 3, 39, 41])
def test_any_number_of_steps_is_taken(steps):
    model = Counting(50.0)
    fit_by_steps(model, *pairs(), steps, 32, 0.05, 0)
    assert model.learned == steps


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_very_few_pairs_will_do(rows):
    torch.manual_seed(0)
    for kind in (InfoNCE, CLUB):
        model = kind(2, 2, hidden=4)
        fit_by_steps(model, *pairs(rows), 5, 4, 1e-2, 0)
        assert parameters(model).isfinite().all()


def test_pairs_set_aside_are_not_learned_from():
    seen, aside = set(), set()

    class Noting(Counting):
        def loss(self, x, y):
            (seen if self.training else aside).update(x[:, 0].tolist())
            return super().loss(x, y)

        def prepare(self, x, y):
            seen.update(x[:, 0].tolist())

        start = prepare

    fit_by_steps(Noting(50.0), *pairs(), 100, 32, 0.05, 0)
    assert len(seen) == 320 and len(aside) > 60 and not seen & aside


def test_copies_are_not_set_aside_from_their_originals():
    seen, aside = set(), set()

    class Noting(Counting):
        def loss(self, x, y):
            (seen if self.training else aside).update(x[:, 0].tolist())
            return super().loss(x, y)

    x, y = (side.repeat(5, 1) for side in pairs(80))
    fit_by_steps(Noting(50.0), x, y, 100, 32, 0.05, 0)
    assert not seen & aside
