"""The size of a model, read from the head of its file."""

import pytest
from safetensors.torch import save_file

from mmmie.corpus import Label
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.mmmie import MMMIE
from mmmie.training.checkpoint_files import parameter_count


@pytest.mark.parametrize("identity", [True, False])
def test_it_is_what_torch_counts(make_corpus, tmp_path, identity):
    settings = ModelSettings(dim=16, heads=2, invariant_dim=4)
    settings.identity.enabled = identity
    corpus = make_corpus()
    model = MMMIE(corpus.modalities, Label("sentiment", "regression"), settings)
    save_file(dict(model.state_dict()), tmp_path / "model.safetensors")
    assert parameter_count(tmp_path) == sum(p.numel() for p in model.parameters())


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"model\.safetensors"):
        parameter_count(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="truncated"):
        parameter_count(tmp_path)
