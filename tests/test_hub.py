"""Checkpoints given away: the same predictions, no path of ours, no file that runs code."""

import inspect
import json
import re
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

import mmmie
from mmmie.cli import main
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.hub import from_pretrained, push_to_hub, save_pretrained
from mmmie.hub_files import FILES, hub_repository
from mmmie.training.checkpoint_files import read_checkpoint_info, write_checkpoint
from mmmie.training.config import load_config
from mmmie.training.trainer import Trainer

pytestmark = pytest.mark.slow

SMALL = ["model.dim=8", "model.heads=2", "model.invariant_dim=4", "training.epochs=1"]


@pytest.fixture
def checkpoint(make_corpus, tmp_path):
    """A checkpoint that names a folder of this machine, with a file that could run code."""
    trainer = Trainer(make_corpus(), load_config(overrides=SMALL), "cpu")
    trainer.best_metrics = {"n": 20, "mae": 0.5, "corr": float("nan")}
    folder = tmp_path / "mine"
    folder.mkdir()
    info = trainer.info(folder)
    info.corpus["path"] = info.config.data = "/home/somebody/corpus"
    write_checkpoint(folder, trainer.average.model, info)
    (folder / "metrics.jsonl").write_text('{"epoch": 1, "train/loss": 2.0}\n')
    (folder / "training_state.pt").write_bytes(b"a pickle")
    return folder


class FakeHub:
    """Repositories in a folder, with the signatures of huggingface_hub."""

    def __init__(self, root):
        self.root, self.made = root, {}

    def create_repo(self, repo_id, *, private=None, exist_ok=False):
        assert exist_ok
        self.made.setdefault(repo_id, private)
        (self.root / repo_id).mkdir(parents=True, exist_ok=True)
        return f"https://hub/{repo_id}"

    def upload_folder(self, *, repo_id, folder_path, allow_patterns, commit_message):
        self._copy(Path(folder_path), self.root / repo_id, allow_patterns)
        self.message = commit_message

    def snapshot_download(self, repo_id, *, revision=None, allow_patterns=None):
        self.revision = revision
        if not (self.root / repo_id).is_dir():
            raise FileNotFoundError("404:\nno such repository")
        cache = self.root / f"models--{repo_id.replace('/', '--')}" / "snapshots" / "0a1b2c"
        cache.mkdir(parents=True, exist_ok=True)
        self._copy(self.root / repo_id, cache, allow_patterns)
        return str(cache)

    def _copy(self, source, destination, patterns):
        for file in source.iterdir():
            if any(fnmatch(file.name, pattern) for pattern in patterns):
                shutil.copyfile(file, destination / file.name)


def checked(real, fake, name):
    """The fake's method, which refuses whatever arguments the real function does not take."""
    signature = inspect.signature(real)

    def call(*arguments, **named):
        signature.bind(*arguments, **named)
        own = arguments[1:] if "self" in signature.parameters else arguments
        return getattr(fake, name)(*own, **named)

    return call


@pytest.fixture
def hub(tmp_path, monkeypatch):
    package = pytest.importorskip("huggingface_hub")
    fake = FakeHub(tmp_path / "hub")
    replaced = [(package.HfApi, "create_repo"), (package.HfApi, "upload_folder")]
    for owner, name in [*replaced, (package, "snapshot_download")]:
        monkeypatch.setattr(owner, name, checked(getattr(owner, name), fake, name))
    return fake


def predictions(checkpoint, corpus):
    return checkpoint.predict(corpus)["prediction"].to_numpy(float)


def test_a_saved_folder_predicts_the_same_and_names_no_path(make_corpus, checkpoint, tmp_path):
    saved = save_pretrained(tmp_path / "given", checkpoint)
    assert sorted(file.name for file in saved.iterdir()) == sorted(FILES)
    for file in saved.iterdir():
        assert b"somebody" not in file.read_bytes(), file.name
    again, corpus = from_pretrained(saved), make_corpus()
    expected = predictions(mmmie.load_checkpoint(checkpoint), corpus)
    assert np.array_equal(predictions(again, corpus), expected)
    assert again.history == [{"epoch": 1, "train/loss": 2.0}]
    assert again.info.corpus["fingerprint"] == corpus.fingerprint


def test_the_card_has_metadata_that_a_yaml_reader_takes(checkpoint, tmp_path):
    yaml = pytest.importorskip("yaml")
    text = (save_pretrained(tmp_path / "given", checkpoint) / "README.md").read_text()
    metadata = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])
    assert metadata["library_name"] == "mmmie"
    (model,) = metadata["model-index"]
    (result,) = model["results"]
    assert model["name"] == "mine"
    assert result["metrics"] == [{"type": "mae", "name": "mae", "value": 0.5}]
    assert (checkpoint / "card.md").read_text() in text


def test_what_is_pushed_is_one_line_away(make_corpus, checkpoint, hub):
    assert push_to_hub(checkpoint, "me/model") == "https://hub/me/model"
    assert hub.made == {"me/model": True}
    assert sorted(file.name for file in (hub.root / "me/model").iterdir()) == sorted(FILES)
    assert 'from_pretrained("me/model")' in (hub.root / "me/model/README.md").read_text()
    expected = predictions(mmmie.load_checkpoint(checkpoint), make_corpus())
    for opened in (
        from_pretrained("me/model", revision="v1"),
        from_pretrained("hf://me/model"),
        mmmie.load_checkpoint("hf://me/model"),
        mmmie.load_checkpoint(Path("hf://me/model")),
    ):
        assert np.array_equal(predictions(opened, make_corpus()), expected)
        assert opened.info.name == "me/model"
    push_to_hub(mmmie.load_checkpoint(checkpoint), "hf://me/open", private=False)
    assert hub.made["me/open"] is False


def test_training_starts_from_a_repository(make_corpus, checkpoint, hub, tmp_path, capsys):
    push_to_hub(checkpoint, "me/model")
    save_corpus_folder(make_corpus(), tmp_path / "corpus")
    given = ["train", "--data", str(tmp_path / "corpus"), "--epochs", "1", "--quiet"]
    given += ["--device", "cpu", "--set", "training.learning_rate=1e-12"]
    for name, code in (("hf://me/model", 0), ("hf://me/nothing", 2), ("hf://nothing", 2)):
        with pytest.raises(SystemExit) as ended:
            main([*given, "--init", name, "--out", str(tmp_path / f"run{code}")])
        said = capsys.readouterr().err
        assert ended.value.code == code, said
        assert code == 0 or (said.count("\n") == 1 and "nothing" in said)
    assert not (tmp_path / "run2").exists()
    tuned = mmmie.load_checkpoint(tmp_path / "run0")
    assert tuned.info.config.init == "hf://me/model" and tuned.info.config.model.dim == 8
    before = predictions(mmmie.load_checkpoint(checkpoint), make_corpus())
    assert predictions(tuned, make_corpus()) == pytest.approx(before, abs=1e-5)


def test_only_files_that_cannot_run_code_are_fetched(checkpoint, hub):
    push_to_hub(checkpoint, "me/model")
    for name in ("training_state.pt", "modeling.py", "model.safetensors.py", "pytorch_model.bin"):
        (hub.root / "me/model" / name).write_text("import os")
    folder = from_pretrained("me/model", revision="abc").info.folder
    assert hub.revision == "abc"
    assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)


def test_a_folder_goes_before_a_repository_of_its_name(checkpoint, hub, monkeypatch, tmp_path):
    shutil.copytree(checkpoint, tmp_path / "me/model")
    monkeypatch.chdir(tmp_path)
    assert from_pretrained("me/model").info.folder == Path("me/model")
    with pytest.raises(InputError, match="has no `revision`"):
        from_pretrained("me/model", revision="v1")


def test_what_the_hub_refuses_is_one_line(checkpoint, hub, monkeypatch):
    with pytest.raises(InputError, match=r"^hf://me/none: cannot be fetched \(404: no such"):
        from_pretrained("me/none")

    def refuse(**_):
        raise PermissionError("401")

    monkeypatch.setattr(hub, "upload_folder", refuse)
    with pytest.raises(InputError, match=r"^hf://me/model: cannot be written \(401\)"):
        push_to_hub(checkpoint, "me/model")


@pytest.mark.parametrize("name", ["hf://", "hf://alone", "hf://a/b/c", "hf://../b", "hf://a/b c"])
def test_an_address_that_is_no_repository_is_refused(name):
    if name == "hf://":
        with pytest.raises(InputError):
            mmmie.load_checkpoint(name)
        return
    with pytest.raises(InputError, match="write owner/name"):
        hub_repository(name)


def test_without_the_package_the_line_says_how_to_install_it(checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r'pip install -e "\.\[hub\]"'):
        from_pretrained("hf://me/model")
    with pytest.raises(InputError, match=r'pip install -e "\.\[hub\]"'):
        push_to_hub(checkpoint, "me/model")


def test_a_folder_with_files_is_left_alone(checkpoint, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.md").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        save_pretrained(taken, checkpoint)
    assert [file.name for file in taken.iterdir()] == ["thesis.md"]
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors: is missing"):
        save_pretrained(tmp_path / "new", checkpoint)
    assert not (tmp_path / "new").exists()


def test_reading_a_checkpoint_of_somebody_else_says_where_the_corpus_was(checkpoint, tmp_path):
    saved = save_pretrained(tmp_path / "given", checkpoint)
    assert read_checkpoint_info(saved).corpus["path"] is None
    assert json.loads((saved / "config.json").read_text())["config"]["data"] != "/home/somebody"
    with pytest.raises(InputError, match="name where it is now"):
        _ = from_pretrained(saved).data
