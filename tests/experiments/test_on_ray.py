"""The same experiment on Ray gives the same folder."""

import numpy as np
import pytest

from mmmie.errors import InputError
from mmmie.experiments.run import Experiment

pytestmark = pytest.mark.slow


def test_ray_gives_the_outputs_of_this_machine(data, write, tmp_path, in_process):
    pytest.importorskip("ray")
    broken = '[configurations.broken]\n"model.heads" = 3\n'
    file = write(broken, seeds=1)
    here, there = (Experiment(file, data, tmp_path / name) for name in ("here", "there"))
    here.run(device="cpu", processes=1, quiet=True)
    there.run(device="cpu", processes=2, ray="local", quiet=True)
    assert here.states() == there.states()
    for trial, state in here.states():
        if state == "finished":
            outputs = [e.folder.trial(trial).output() for e in (here, there)]
            np.testing.assert_array_equal(*outputs)
    assert "model.heads is 3" in there.folder.html.read_text("utf-8")


def test_without_ray_the_message_names_the_mend(data, write, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(InputError, match="`ray` is not installed; run pip install"):
        Experiment(write(), data, tmp_path / "out").run(ray="local", quiet=True)
