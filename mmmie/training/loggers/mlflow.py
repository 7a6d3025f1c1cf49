"""Metrics for MLflow, at the server that its own variables name (the extra ``mlflow``)."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from mmmie.errors import InputError
from mmmie.files import write_json
from mmmie.training.loggers.writer import End
from mmmie.training.run_folder import RunFolder

_EXPERIMENT = "mmmie"
_ENDS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # no reports of use to its makers
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # a server that is gone delays no training
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_MOST_PARAMETERS = 100  # that MLflow takes at once


class MLflowWriter:
    """Metrics by epoch, and the settings as parameters.

    ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` say where, as MLflow documents them;
    the experiment is ``mmmie`` if left out. ``mlflow.json`` in the run folder has the id under
    which a resumed run continues.
    """

    def __init__(self, run: RunFolder) -> None:
        self.name = run.path.resolve().name
        self.file = run.path / "mlflow.json"
        self._client: Any = None
        self._id = ""

    def start(self, settings: dict[str, Any], primary: str) -> int:
        self._client = mlflow_client()()
        known = self._known_id()
        if known is not None:
            self._id = known
            self._client.update_run(self._id, status="RUNNING")
            return self._last_epoch(primary)
        self._id = self._client.create_run(self._experiment(), run_name=self.name).info.run_id
        write_json(self.file, {"run_id": self._id})

        from mlflow.entities import Param

        parameters = [Param(key, str(value)) for key, value in settings.items()]
        for first in range(0, len(parameters), _MOST_PARAMETERS):
            self._client.log_batch(self._id, params=parameters[first : first + _MOST_PARAMETERS])
        return 0

    def write(self, metrics: dict[str, float], epoch: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        batch = [Metric(name, value, now, epoch) for name, value in metrics.items()]
        self._client.log_batch(self._id, metrics=batch)

    def end(self, state: End) -> None:
        if self._id:
            self._client.set_terminated(self._id, _ENDS[state])

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", _EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        made = found.experiment_id if found else self._client.create_experiment(name)
        return str(made)

    def _known_id(self) -> str | None:
        """The id of the interrupted run, where this server still knows it."""
        from mlflow.exceptions import MlflowException

        try:
            return str(
                self._client.get_run(json.loads(self.file.read_text())["run_id"]).info.run_id
            )
        except FileNotFoundError:
            return None
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _last_epoch(self, primary: str) -> int:
        history = self._client.get_metric_history(self._id, primary)
        return max((metric.step for metric in history), default=0)


def mlflow_client() -> Any:
    """MLflow's client class; what its variables leave open is set to be quiet and quick.

    Raises:
        InputError: mlflow is not installed.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise InputError(
            'training.loggers: "mlflow" needs the package mlflow; run '
            '`pip install -e ".[mlflow]"` or leave it out'
        ) from None
    return MlflowClient
