"""Loggers get what metrics.jsonl holds, once an epoch, and never decide how a training goes."""

import builtins
import contextlib
import json
import math
import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch

from mmmie.errors import InputError
from mmmie.training.callbacks import Callback
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import read_metrics

pytestmark = pytest.mark.slow

SMALL = [
    "training.batch_size=16",
    "model.dim=8",
    "model.heads=2",
    "model.invariant_dim=4",
    "training.mi_check_every=0",
]


def config(*loggers, epochs=2):
    named = f"training.loggers={json.dumps(loggers)}"
    return load_config(overrides=[*SMALL, f"training.epochs={epochs}", named])


def weights(run):
    from safetensors.torch import load_file

    return load_file(str(run.last / "model.safetensors"))


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch(self, trainer, metrics, improved):
        if trainer.epoch == self.epoch:
            trainer.stop_reason = "stop"


class Killed(BaseException):
    """Not an error that anybody catches."""


class KillAfter(StopAfter):
    def on_epoch(self, trainer, metrics, improved):
        if trainer.epoch == self.epoch:
            raise Killed


def scalars(run):
    """Tag → step → value, as TensorBoard shows them."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(str(run.path / "tensorboard"))
    accumulator.Reload()
    found = {}
    for tag in accumulator.Tags()["scalars"]:
        events = accumulator.Scalars(tag)
        assert len({event.step for event in events}) == len(events), tag
        found[tag] = {event.step: event.value for event in events}
    return found


def assert_as_recorded(found, run):
    history = read_metrics(run.path)
    for metrics in history:
        for name, value in metrics.items():
            if name != "epoch" and value is not None:
                assert found[name][metrics["epoch"]] == pytest.approx(value, rel=1e-5), name
    assert set(found["train/loss"]) == {metrics["epoch"] for metrics in history}
    assert "epoch" not in found


def test_tensorboard_holds_the_metrics_and_the_settings_and_the_weights_stay(make_corpus, tmp_path):
    pytest.importorskip("tensorboard")
    plain = train(make_corpus(), tmp_path / "plain", config(), device="cpu")
    logged = train(make_corpus(), tmp_path / "logged", config("tensorboard"), device="cpu")
    assert_as_recorded(scalars(logged), logged)
    assert not (plain.path / "tensorboard").exists()
    written = b"".join(file.read_bytes() for file in (logged.path / "tensorboard").iterdir())
    assert b"objective.maximise.weight" in written
    for name, value in weights(plain).items():
        assert torch.equal(value, weights(logged)[name]), name


@pytest.mark.parametrize("interrupt", [StopAfter(1), KillAfter(1)])
def test_a_resumed_run_shows_every_epoch_once_in_tensorboard(make_corpus, tmp_path, interrupt):
    pytest.importorskip("tensorboard")
    arguments = (make_corpus(), tmp_path / "run", config("tensorboard"))
    with contextlib.suppress(Killed):
        train(*arguments, device="cpu", callbacks=[interrupt])
    run = train(*arguments, device="cpu", resume=True)
    assert len(read_metrics(run.path)) == 2
    assert_as_recorded(scalars(run), run)


class FakeServer:
    """What an MLflow server remembers; as strict as the real one where that matters here."""

    def __init__(self):
        self.experiments, self.runs, self.broken = {}, {}, False


def fake_mlflow(monkeypatch, server):
    class MlflowException(Exception):
        error_code = "RESOURCE_DOES_NOT_EXIST"

    class Client:
        def get_experiment_by_name(self, name):
            known = server.experiments.get(name)
            return known and SimpleNamespace(experiment_id=known)

        def create_experiment(self, name):
            server.experiments[name] = str(len(server.experiments) + 1)
            return server.experiments[name]

        def create_run(self, experiment_id, run_name):
            key = f"id-{len(server.runs)}"
            server.runs[key] = SimpleNamespace(
                experiment=experiment_id, name=run_name, status="RUNNING", params={}, metrics=[]
            )
            return self.get_run(key)

        def get_run(self, key):
            if key not in server.runs:
                raise MlflowException(key)
            return SimpleNamespace(info=SimpleNamespace(run_id=key))

        def update_run(self, key, status):
            server.runs[key].status = status

        def log_batch(self, key, metrics=(), params=()):
            if server.broken:
                raise ConnectionError("the server\nis gone")
            assert len(params) <= 100 and len(metrics) <= 1000
            server.runs[key].params.update({p.key: p.value for p in params})
            assert all(math.isfinite(m.value) for m in metrics)
            server.runs[key].metrics.extend(metrics)

        def get_metric_history(self, key, name):
            return [m for m in server.runs[key].metrics if m.key == name]

        def set_terminated(self, key, status):
            server.runs[key].status = status

    package = ModuleType("mlflow")
    package.MlflowClient = Client
    package.entities = ModuleType("mlflow.entities")
    package.entities.Param = lambda key, value: SimpleNamespace(key=key, value=value)
    package.entities.Metric = lambda key, value, timestamp, step: SimpleNamespace(
        key=key, value=value, timestamp=timestamp, step=step
    )
    package.exceptions = ModuleType("mlflow.exceptions")
    package.exceptions.MlflowException = MlflowException
    for module in (package, package.entities, package.exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def server(monkeypatch):
    server = FakeServer()
    fake_mlflow(monkeypatch, server)
    for name in (
        "MLFLOW_EXPERIMENT_NAME",
        "MLFLOW_DISABLE_TELEMETRY",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
        "MLFLOW_HTTP_REQUEST_TIMEOUT",
    ):
        monkeypatch.setenv(name, "")  # put back afterwards
        monkeypatch.delenv(name)
    return server


def points(run):
    found = {}
    for metric in run.metrics:
        assert metric.step not in found.setdefault(metric.key, {}), metric.key
        found[metric.key][metric.step] = metric.value
    return found


def test_a_resumed_run_goes_on_under_the_same_id_in_mlflow(make_corpus, tmp_path, server):
    arguments = (make_corpus(), tmp_path / "run", config("mlflow"))
    train(*arguments, device="cpu", callbacks=[StopAfter(1)])
    (held,) = server.runs.values()
    assert (held.name, held.status) == ("run", "KILLED")
    assert held.experiment == server.experiments["mmmie"]
    assert held.params["model.dim"] == "8" and "training.loggers" not in held.params

    run = train(*arguments, device="cpu", resume=True)
    assert list(server.runs.values()) == [held] and held.status == "FINISHED"
    assert_as_recorded(points(held), run)


def test_a_server_that_goes_away_ends_no_training_and_is_caught_up_with(
    make_corpus, tmp_path, server
):
    class Break(StopAfter):
        def on_epoch(self, trainer, metrics, improved):
            server.broken = trainer.epoch >= 1
            super().on_epoch(trainer, metrics, improved)

    arguments = (make_corpus(), tmp_path / "run", config("mlflow", epochs=4))
    run = train(*arguments, device="cpu", callbacks=[Break(3)])
    assert len(read_metrics(run.path)) == 3
    assert run.log.read_text().count("without mlflow: the server is gone") == 1

    server.broken = False
    train(*arguments, device="cpu", resume=True)
    (held,) = server.runs.values()
    assert_as_recorded(points(held), run)


def test_an_mlflow_server_that_forgot_the_run_gets_all_of_it_anew(make_corpus, tmp_path, server):
    arguments = (make_corpus(), tmp_path / "run", config("mlflow"))
    train(*arguments, device="cpu", callbacks=[StopAfter(1)])
    server.runs.clear()
    run = train(*arguments, device="cpu", resume=True)
    (held,) = server.runs.values()
    assert_as_recorded(points(held), run)


def test_a_failed_run_is_told_to_mlflow(make_corpus, tmp_path, server):
    class Fail(Callback):
        def on_batch(self, trainer, step, steps):
            raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        train(make_corpus(), tmp_path / "run", config("mlflow"), device="cpu", callbacks=[Fail()])
    assert [run.status for run in server.runs.values()] == ["FAILED"]


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_logger_that_is_not_installed_is_said_before_anything_is_written(
    make_corpus, tmp_path, monkeypatch, name
):
    real = builtins.__import__

    def missing(module, globals=None, locals=None, fromlist=(), level=0):
        if level == 0 and name in module.split(".") and not module.startswith("mmmie."):
            raise ImportError(module)
        return real(module, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=rf'pip install -e "\.\[{name}\]"'):
        train(make_corpus(), tmp_path / "run", config(name), device="cpu")
    assert not (tmp_path / "run").exists()


def test_an_unknown_logger_is_refused():
    with pytest.raises(InputError, match=r"training\.loggers"):
        config("wandb")
