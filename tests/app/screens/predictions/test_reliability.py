"""The reliability diagram on the demo corpus against a table made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.screens.predictions.reliability import reliability_figure, reliability_title
from mmmie import load_corpus
from mmmie.analysis.errors.calibration import calibration_error, reliability
from mmmie.analysis.errors.resampling import Interval, conversation_codes


def test_the_figure_on_the_demo_is_the_table_made_by_hand() -> None:
    """Three classes of sentiment, as a model would guess them that hears one voice channel."""
    corpus = load_corpus("demo")
    rows = corpus.rows("valid")
    targets = np.digitize(corpus.targets[rows], [-0.7, 0.7])
    column = next(c for c in corpus.utterances if str(c).startswith("latent_shared"))
    heard = corpus.utterances[column].to_numpy(float)[rows]
    scores = np.exp(-3 * (heard[:, None] - np.array([-1.0, 0.0, 1.0])) ** 2)
    output = (scores / scores.sum(1, keepdims=True)).astype(np.float32)
    assert output.sum(1) == pytest.approx(1, abs=1e-6)

    by_hand: dict[int, list[tuple[float, bool]]] = {}
    for shares, truth in zip(output.tolist(), targets.tolist(), strict=True):
        sure = max(shares)
        place = next(b for b in range(15) if sure <= (b + 1) / 15 + 1e-12)
        by_hand.setdefault(place, []).append((sure, shares.index(sure) == truth))
    counts = [len(by_hand[b]) for b in sorted(by_hand)]
    confidence = [np.mean([c for c, _ in by_hand[b]]) for b in sorted(by_hand)]
    accuracy = [np.mean([r for _, r in by_hand[b]]) for b in sorted(by_hand)]
    assert len(counts) >= 8 and min(accuracy) < 0.6 < max(accuracy)

    groups = conversation_codes(corpus, rows)
    drawn = reliability_figure(reliability(output, targets, groups=groups))
    gaps, _, dots, histogram = drawn.data
    assert dots.x == pytest.approx(confidence) and dots.y == pytest.approx(accuracy)
    assert histogram.y.tolist() == counts
    assert gaps.base + gaps.y == pytest.approx(np.array(accuracy))
    assert (dots.error_y.array >= 0).all() and (dots.error_y.arrayminus >= 0).all()
    error = np.dot(counts, np.abs(np.subtract(confidence, accuracy))) / len(rows)
    assert calibration_error(output, targets) == pytest.approx(error, abs=1e-9)


def test_the_title_claims_what_its_interval_holds() -> None:
    off, none = Interval(0.2, 0.1, 0.3), Interval(0.02, 0, 0.1)
    assert "too sure" in reliability_title(0.8, 0.6, Interval(0.2, 0.1, 0.3), off)
    assert "not sure enough" in reliability_title(0.6, 0.7, Interval(-0.1, -0.2, -0.05), off)
    even = Interval(-0.01, -0.1, 0.1)
    assert "No clear difference" in reliability_title(0.6, 0.61, even, none)
    assert "not at every confidence" in reliability_title(0.6, 0.61, even, off)
