"""bfloat16 and compiled models: only where they are wanted, and never in what needs the digits."""

import pytest
import torch

from mmmie.errors import InputError
from mmmie.training.config import load_config, parse_config
from mmmie.training.devices.precision import is_compiler_error, mixed_precision
from mmmie.training.run import train
from mmmie.training.trainer import Trainer, TrainingError

pytestmark = pytest.mark.slow

SMALL = ["training.batch_size=16", "model.dim=16", "model.heads=2", "training.mi_check_every=0"]


def config(*overrides):
    return load_config(overrides=[*SMALL, "training.epochs=2", *overrides])


@pytest.mark.parametrize(
    ("wanted", "dim", "device", "expected"),
    [
        ("auto", 512, "cpu", "no"),
        ("auto", 64, "cuda", "no"),
        ("auto", 512, "cuda", "bf16"),
        ("auto", 512, "auto", "bf16"),
        ("float32", 512, "cuda", "no"),
        ("bfloat16", 64, "cpu", "bf16"),
        ("bfloat16", 64, "cuda", "bf16"),
    ],
)
def test_auto_takes_bfloat16_for_wide_models_on_a_gpu(monkeypatch, wanted, dim, device, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    chosen = config(f"training.precision={wanted}", f"model.dim={dim}")
    assert mixed_precision(chosen, device) == expected


def test_a_gpu_without_bfloat16(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert mixed_precision(config("model.dim=512"), "cuda") == "no"
    with pytest.raises(InputError, match="use auto or float32"):
        mixed_precision(config("training.precision=bfloat16"), "cuda")


def test_a_configuration_without_these_settings_is_float32_and_not_compiled():
    old = config().model_dump()
    for key in ("precision", "compile"):
        del old["training"][key]
    read = parse_config(old, "old")
    assert (read.training.precision, read.training.compile) == ("auto", False)
    assert mixed_precision(read, "cpu") == "no"


@pytest.mark.parametrize("deterministic", [False, True])
def test_bounds_and_losses_get_float32_and_no_autocast(make_corpus, monkeypatch, deterministic):
    extra = ["model.stochastic=false", "objective.minimise.estimator=club"] * deterministic
    trainer = Trainer(make_corpus(), config("training.precision=bfloat16", *extra), "cpu")
    seen = {"linear": set(), "objective": set(), "inside": set(), "q": set()}
    linear = trainer.model.encoder_of("text").encoder.mix
    linear.register_forward_hook(lambda m, i, out: seen["linear"].add(out.dtype))
    original, learned = trainer.objective.forward, trainer.objective.conditional_loss

    def forward(codes):
        for code in (codes.invariant, codes.specific):
            seen["objective"] |= {code.mean.dtype, code.log_variance.dtype, code.sample.dtype}
        seen["objective"] |= {s.dtype for s in codes.summaries}
        seen["inside"].add(torch.is_autocast_enabled("cpu"))
        terms = original(codes)
        seen["objective"] |= {t.dtype for t in terms.values()}
        return terms

    def conditional_loss(codes):
        seen["q"].add(torch.is_autocast_enabled("cpu"))
        return learned(codes)

    task = trainer.objective.task.forward

    def plain_task(output, labels, deviation):
        seen["objective"].add(output.dtype)
        return task(output, labels, deviation)

    monkeypatch.setattr(trainer.objective, "forward", forward)
    monkeypatch.setattr(trainer.objective, "conditional_loss", conditional_loss)
    monkeypatch.setattr(trainer.objective.task, "forward", plain_task)
    trainer.fit()
    assert seen["linear"] == {torch.bfloat16}
    assert seen["objective"] == {torch.float32} and seen["inside"] == {False}
    assert seen["q"] == ({False} if deterministic else set())  # no q is learned else
    assert {p.dtype for p in trainer.model.parameters()} == {torch.float32}
    assert trainer.best_metrics["mae"] > 0
    # what is judged and kept computes in float32
    assert trainer.validated[0].invariant.mean.dtype == torch.float32


def test_half_the_digits_change_the_training_but_little(make_corpus):
    losses = []
    for wanted in ("float32", "bfloat16"):
        trainer = Trainer(make_corpus(), config(f"training.precision={wanted}"), "cpu")
        torch.manual_seed(0)
        batch = next(iter(trainer.batches.epoch(0, 0)))
        losses.append(float(trainer._step(batch, 1)["loss"]))
    assert losses[0] != losses[1] and losses[1] == pytest.approx(losses[0], rel=0.02)


def test_a_compiled_model_is_used_for_training_alone(make_corpus, monkeypatch):
    calls = []

    def fake(function, dynamic):
        def wrapped(*arguments):
            calls.append(function.__name__)
            return function(*arguments)

        assert dynamic
        return wrapped

    monkeypatch.setattr(torch, "compile", fake)
    plain = Trainer(make_corpus(), config(), "cpu")
    plain.fit()
    assert not calls
    trainer = Trainer(make_corpus(), config("training.compile=true"), "cpu")
    trainer.fit()
    steps = 2 * len(trainer.batches)
    assert calls == ["encode", "forward"] * steps
    held, expected = trainer.average.model.state_dict(), plain.average.model.state_dict()
    assert all(torch.equal(held[k], expected[k]) for k in expected)


def test_a_missing_compiler_is_said_in_one_line(make_corpus, tmp_path, monkeypatch):
    failure = type("InvalidCxxCompiler", (RuntimeError,), {"__module__": "torch._inductor.exc"})

    def broken(*arguments):
        raise failure("No working C++ compiler found\nin a long list")

    monkeypatch.setattr(torch, "compile", lambda function, dynamic: broken)
    with pytest.raises(TrainingError, match=r"^training.compile: .*C\+\+.*; set it to false$"):
        train(make_corpus(), tmp_path, config("training.compile=true"), device="cpu")
    assert not is_compiler_error(RuntimeError("No compiler"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_wide_model_trains_in_bfloat16_on_a_gpu(make_corpus):
    chosen = load_config(overrides=["model.dim=256", "training.epochs=1"])
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        pytest.skip("the GPU has no bfloat16")
    trainer = Trainer(make_corpus(), chosen, "cuda")
    assert trainer.accelerator.mixed_precision == "bf16"
    trainer.fit()
    assert trainer.best_metrics["mae"] > 0
