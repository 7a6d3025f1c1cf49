"""The selection as a file: all columns, predictions of whichever split, read back as written."""

import io

import pandas as pd
import pytest

from app.export.sidebar_export import parquet_bytes, selection_frame
from mmmie import load_checkpoint


@pytest.fixture(scope="module")
def demo():
    checkpoint = load_checkpoint("checkpoints/demo")
    return checkpoint, checkpoint.corpus()


def test_a_selection_over_splits_has_all_columns_and_its_errors(demo):
    checkpoint, corpus = demo
    ids = pd.concat([corpus.utterances["id"].iloc[corpus.rows(s)[:3]] for s in ("valid", "test")])
    table = selection_frame(checkpoint, corpus, ids)
    assert table["id"].tolist() == ids.tolist()
    assert set(corpus.utterances) | {"prediction", "error", "absolute_error"} == set(table)
    assert (table["prediction"] - table["label"]).tolist() == table["error"].tolist()
    back = pd.read_parquet(io.BytesIO(parquet_bytes(table)))
    pd.testing.assert_frame_equal(back, table)


def test_a_column_of_mixed_types_is_written_as_text():
    table = pd.DataFrame({"id": ["a", "b"], "note": ["x", 3], "score": [1.5, None]})
    back = pd.read_parquet(io.BytesIO(parquet_bytes(table)))
    assert back["note"].tolist() == ["x", "3"] and back["score"].iloc[0] == 1.5
