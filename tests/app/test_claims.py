"""No sentence of a page claims what its interval does not hold.

Every title and finding is known here by name: either its claims are drawn around every threshold
and read again, independently of the code that decides, or it only tells what was counted on the
very utterances that are shown. A sentence that is on neither list fails.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from app.parts.label_parts import parts_title
from app.parts.numbers import metric
from app.screens.compare.comparison import difference_svg, difference_title, differences_finding
from app.screens.compare.slice_gains import slice_finding
from app.screens.context_identity.effects_of_interventions import (
    effect_title,
    null_sentence,
    slice_changes,
    slices_finding,
)
from app.screens.context_identity.reported_metrics import disagreements, reported_table
from app.screens.learn.pull import pull_title
from app.screens.mutual_information.bounds_over_training import bounds_headline
from app.screens.mutual_information.estimators_side_by_side import bracket_title
from app.screens.mutual_information.modality_panels import modality_title
from app.screens.mutual_information.pair_panels import check_sentence, pair_title
from app.screens.mutual_information.recorded_bounds import UNITS
from app.screens.mutual_information.who_knows_what import slices_title as beyond_title
from app.screens.overview.ablations import ablation_finding
from app.screens.overview.carryover import carryover_sentence
from app.screens.overview.worst_slices import worst_title
from app.screens.predictions.class_table import classes_title
from app.screens.predictions.errors import calibration_title
from app.screens.predictions.missing_modalities import missing_title
from app.screens.predictions.reliability import reliability_title
from app.screens.predictions.slice_table import slices_title
from app.screens.representations.probe_strip import probe_finding, speaker_sentence
from app.utterance.contribution_steps import split_title
from mmmie.analysis.bounds.fresh_critic import verdict
from mmmie.analysis.bounds.history import Measured, conclusion
from mmmie.analysis.bounds.side_by_side import bracket_of, quantities
from mmmie.analysis.errors.resampling import Interval
from mmmie.mi.result import Estimate
from mmmie.training.config import ObjectiveSettings

ROOT = Path(__file__).resolve().parents[2]
NATS = UNITS["nats"]
MODALITIES = ["text", "audio", "vision"]
PAIRS = ["text-audio", "text-vision", "audio-vision"]
DRAWS = 40
EPSILON = 1e-3

Row = tuple[float, float, float]


def drawn(rng: np.random.Generator, limit: float = 0.0, looks: int = 1) -> Row:
    """A value with an interval whose nearer end lies close to a limit, after correction or not."""
    kind = rng.integers(10)
    if kind == 0:
        return (float(rng.normal()), math.nan, math.nan)
    half = float(rng.uniform(0.01, 0.4)) * np.array([1, rng.uniform(0.5, 2)])
    times = norm.ppf(1 - 0.025 / looks) / norm.ppf(0.975) if kind < 6 else 1.0
    side = 1 if rng.random() < 0.5 else -1
    off = EPSILON * (1 if rng.random() < 0.5 else -1) if kind < 8 else float(rng.normal())
    value = limit + side * (half[0 if side > 0 else 1] * times + off)
    return (float(value), float(value - half[0]), float(value + half[1]))


def read(row: Row, limit: float = 0.0, looks: int = 1) -> int | None:
    """1 above, -1 below, 0 neither, None where there is no interval: the reading of this test."""
    value, low, high = row
    if not all(map(math.isfinite, row)):
        return None
    times = norm.ppf(1 - 0.025 / max(looks, 1)) / norm.ppf(0.975)
    return int(value - times * (value - low) > limit) - int(value + times * (high - value) < limit)


def least(row: Row, looks: int = 1) -> float:
    times = norm.ppf(1 - 0.025 / max(looks, 1)) / norm.ppf(0.975)
    return row[0] - times * (row[0] - row[1])


def of_error(rng: np.random.Generator, limit: float = 0.0, looks: int = 1) -> tuple[float, float]:
    """The same with one standard error, NaN where it is unknown."""
    value, low, _ = drawn(rng, limit, looks)
    return value, (value - low) / 2


def symmetric(pair: tuple[float, float]) -> Row:
    value, std = pair
    return value, value - 2 * std, value + 2 * std


def number_after(words: str, said: str) -> float:
    found = re.search(rf"{words} ([−-]?\d+(?:\.\d+)?)", said)
    assert found, said
    return float(found[1].replace("−", "-"))


Check = Callable[[np.random.Generator], None]
CHECKS: dict[str, Check] = {}


def checks(*names: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(names, check))
        return check

    return register


@checks("bounds_headline", "pair_title", "check_sentence")
def pairs(rng: np.random.Generator) -> None:
    own = [of_error(rng, 0.05, looks=int(rng.choice([1, 3, 6]))) for _ in PAIRS]
    check = [of_error(rng, 0.05, looks=int(rng.choice([1, 3, 6]))) for _ in PAIRS]
    table = pd.DataFrame(
        {"family": "pair", "name": PAIRS, "bound": "lower", "truth": np.nan,
         "nats": [v for v, _ in own], "std": [s for _, s in own],
         "check": [v for v, _ in check], "check_std": [s for _, s in check]}
    )  # fmt: skip
    said = bounds_headline(table, MODALITIES, NATS)
    shown = {
        (i, which): least(symmetric(rows[i]), 6)
        for which, rows in enumerate((own, check))
        for i in range(3)
        if read(symmetric(rows[i]), 0.05, 6) == 1
    }
    if not shown:
        assert said == "No pair is shown to share information"
    else:
        named = number_after("share", said)
        assert named <= max(shown.values()) * 1.006
        place = max(shown, key=lambda key: shown[key])[0]
        assert said.lower().startswith(PAIRS[place].replace("-", " and "))
    title = pair_title(table, ObjectiveSettings(), NATS)
    ends = [least(symmetric(row), 3) for row in own if read(symmetric(row), 0.05, 3) == 1]
    assert ("at least" in title) == bool(ends)
    if ends:
        assert number_after("at least", title) <= min(ends) * 1.006
        assert title.startswith("The pairs share") == (len(ends) == 3)
    sentence = check_sentence(table, MODALITIES, NATS)
    apart = [
        abs(a - b) - max(2 * math.hypot(s, t), 0.1)
        for (a, s), (b, t) in zip(own, check, strict=True)
        if math.isfinite(s + t)
    ]  # fmt: skip
    if all(gap < -1e-9 for gap in apart) and len(apart) == 3:
        assert " more for" not in sentence and " less for" not in sentence


@checks("conclusion", "fresh_critic.verdict")
def one_bound(rng: np.random.Generator) -> None:
    pair = of_error(rng, 0.05)
    said = conclusion("pair", "text-audio", *pair, Measured("InfoNCE", "lower"), MODALITIES)
    shows = read(symmetric(pair), 0.05) == 1
    assert ("at least" in said) == shows
    if shows:
        assert number_after("at least", said) <= least(symmetric(pair)) * 1.006
    upper = conclusion("invariant", "text", *pair, Measured("VUB", "upper"), MODALITIES)
    if math.isfinite(pair[1]):
        assert number_after("at most", upper) >= (pair[0] + 2 * pair[1]) - 0.006 * abs(pair[0] + 1)
    else:
        assert "at most" not in upper
    in_run, bound = float(rng.normal(0.5)), str(rng.choice(["lower", "upper", "neither", ""]))
    said = verdict(in_run, bound, *pair, ceiling=float(rng.choice([0.3, 9.0])))
    if "t least" in said:
        assert shows and number_after("t least", said) <= least(symmetric(pair)) + 0.006
    if "between" in said:
        assert number_after("between", said) <= max(least(symmetric(pair)), 0) + 0.006
    if "Confirmed" in said:
        assert shows and abs(in_run - pair[0]) <= max(2 * pair[1], 0.1) + 1e-9
    if "Contradiction" in said:
        assert bound == "upper" and pair[0] - in_run > max(2 * pair[1], 0.1) - 1e-9


@checks("Estimate.sentence")
def an_estimate(rng: np.random.Generator) -> None:
    nats, std = of_error(rng, 0.01)
    for bound in ("lower", "upper"):
        side: Any = bound
        found = Estimate("infonce", nats, std, side, 5.0, 1.0, 0, 99, 2, 2, 64)
        if "at least" in found.sentence:
            assert read(symmetric((nats, std)), 0.01) == 1
            assert number_after("at least", found.sentence) <= nats - 2 * std + 0.006
        if "at most" in found.sentence:
            assert number_after("at most", found.sentence) >= nats + 2 * std - 0.006


@checks("bracket_title")
def a_bracket(rng: np.random.Generator) -> None:
    kinds = ["lower"] * int(rng.integers(3)) + ["upper"] * int(rng.integers(3))
    rows = [
        {"title": f"E{i}", "bound": kind, "nats": 2 * (kind == "upper") + value, "std": std,
         "ceiling": math.nan, "assumes": None, "doubt": None}
        for i, kind in enumerate(kinds)
        for value, std in [of_error(rng, 0.05, 2)]
        if math.isfinite(std)
    ]  # fmt: skip
    if not rows:
        return
    said = bracket_title(quantities(["text", "audio"])["I(z text; z audio)"],
                         bracket_of(pd.DataFrame(rows)), NATS)  # fmt: skip
    lower = [(r["nats"], r["std"]) for r in rows if r["bound"] == "lower"]
    upper = [(r["nats"], r["std"]) for r in rows if r["bound"] == "upper"]
    if "share at least" in said or "between" in said:
        best = max(lower)
        words = "between" if "between" in said else "at least"
        assert read(symmetric(best), 0.05, len(lower)) == 1
        assert number_after(words, said) <= least(symmetric(best), len(lower)) * 1.006
    if "share at most" in said:
        value, std = min(upper)
        times = norm.ppf(1 - 0.025 / len(upper)) / norm.ppf(0.975)
        assert number_after("at most", said) >= max(value + 2 * times * std, 0) * 0.994


@checks("modality_title")
def what_codes_keep(rng: np.random.Generator) -> None:
    held = [(abs(v) + 3, s) for v, s in (of_error(rng) for _ in MODALITIES)]
    table = pd.DataFrame(
        {"family": "invariant", "name": MODALITIES, "nats": [v for v, _ in held],
         "std": [s for _, s in held], "low": np.nan, "high": np.nan}
    )  # fmt: skip
    said = modality_title(table, True, NATS)
    known = [v + 2 * s for v, s in held if math.isfinite(s)]
    if "at most" in said:
        assert number_after("at most", said) >= max(known) * 0.994


@checks("parts_title", "who_knows_what.slices_title", "pull_title")
def about_the_label(rng: np.random.Generator) -> None:
    looks = 3
    total = [of_error(rng, 0.0, looks) for _ in range(looks)]
    codes = pd.DataFrame(
        {"first": ["a", "a", "b"], "second": ["b", "c", "c"], "entropy": 1.0,
         "total": [v for v, _ in total], "total_std": [s for _, s in total],
         "redundant": 0.1, "redundant_std": 1.0}
    )  # fmt: skip
    said = parts_title(codes)
    best = max(total)
    assert said.startswith("No pair") == (read(symmetric(best), 0, looks) != 1)
    assert "both know" not in said
    shown = codes.assign(
        slice=["turn=first", "turn=reply", "words=1-3"],
        beyond=codes["total"], beyond_std=codes["total_std"],
    ).assign(first="a", second="b")  # fmt: skip
    said = beyond_title(shown, NATS)
    assert said.startswith("In no slice") == (read(symmetric(best), 0, looks) != 1)
    nats, error = of_error(rng)
    said = pull_title(("text", "audio"), 3, 8, nats, error)
    assert ("shows" in said) == (read(symmetric((nats, error))) == 1)


SLICES = ["turn=first", "turn=reply", "words=1-3", "words=4-10"]


@checks("slice_table.slices_title", "worst_title")
def harder_slices(rng: np.random.Generator) -> None:
    gaps = [(0.0, 0.0, 0.0), *(drawn(rng, 0.0, 4) for _ in SLICES)]
    table = pd.DataFrame(gaps, columns=["gap", "gap_low", "gap_high"]).assign(
        slice=["all", *SLICES], n=20, low=0.1, high=0.9,
        mae=[0.5, *(0.5 + gap for gap, *_ in gaps[1:])],
    )  # fmt: skip
    table["value"] = table["mae"]
    harder = [read(gap, 0, 4) == 1 for gap in gaps[1:]]
    for said in (slices_title(table, "mae"), worst_title(table, share=False)):
        assert said.index("0.5") < said.index(";")  # overall first
        assert ("no slice is clearly" in said) == (not any(harder))
        words = ["first turns", "replies", "one to three", "four to ten"]
        for name, clear in zip(words, harder, strict=True):
            assert clear or name not in said


@checks("slice_finding", "difference_title", "differences_finding")
def two_checkpoints(rng: np.random.Generator) -> None:
    whole, parts = drawn(rng), [drawn(rng, 0.0, 4) for _ in SLICES]
    table = pd.DataFrame([whole, *parts], columns=["gain", "low", "high"]).assign(
        slice=["all", *SLICES], n=20, first=1.0, second=1.0
    )
    said = slice_finding(table, ("one", "two"), share=False)
    overall, _, rest = said.partition(";")
    found = read(whole)
    assert ("two is better" in overall) == (found == 1)
    assert ("one is better" in overall) == (found == -1)
    assert ("one seed" in overall) == (found in (1, -1))
    for name, sign in (("two", 1), ("one", -1)):
        count = sum(read(part, 0, 4) == sign for part in parts)
        assert (f"{name} is better in {count} " in rest) == bool(count)
    row = pd.DataFrame([whole], columns=["difference", "low", "high"]).assign(metric="mae")
    said = difference_title(row, "mae", ("one", "two"))
    assert ("beats" in said) == (found in (1, -1)) == ("one seed" in said)
    if found in (1, -1):
        assert said.startswith("one beats two" if found == 1 else "two beats one")
    many = pd.DataFrame(parts, columns=["difference", "low", "high"])
    clear = sum(read(part, 0, 4) in (1, -1) for part in parts)
    for seeds in (1, 3):
        said = differences_finding(many, seeds)
        assert f"in {clear} of 4" in said if clear else "any of 4" in said
        assert ("one seed" in said) == (seeds == 1 and clear > 0)
    dots = difference_svg(many.assign(metric=["mae", "corr", "acc7", "acc5"]), "", ("one", "two"))
    assert dots.count('fill="none"') == 4 - clear


@checks("ablation_finding")
def ablations(rng: np.random.Generator) -> None:
    names = ["without context", "without identity", "dim 32"]
    apart = [drawn(rng, 0.0, 3) for _ in names]
    table = pd.DataFrame([(0.0, 0.0, 0.0), *apart],
                         columns=["difference", "difference_low", "difference_high"])  # fmt: skip
    table = table.assign(label=["mine", *names], value=1 + table["difference"], low=0.1, high=2)
    for of, sign in (("mae", 1), ("f1_weighted", -1)):
        title, numbers = ablation_finding(table, metric(of), "mine")
        worse = [sign * (read(row, 0, 3) or 0) for row in apart]
        if not any(worse):
            assert title.startswith(("No clear difference", "Too few conversations"))
            assert not numbers
            continue
        assert "One seed each" in numbers
        if -1 in worse:
            assert "etter is" in title or "are better" in title
        else:
            assert "Better than" in title or "away" in title
        for name, clear in zip(("context", "identity", "dim"), worse, strict=True):
            assert clear or name not in title
        by = re.search(r"(?:grows|falls) by ([\d.]+)(%?) or more", title)
        if by and -1 not in worse:
            gone = [
                row
                for row, name in zip(apart, names, strict=True)
                if name.startswith("without") and name[8:] in title
            ]
            ends = [abs(least(row, 3)) if sign > 0 else abs(least((-row[0], -row[2], -row[1]), 3))
                    for row in gone]  # fmt: skip
            assert float(by[1]) / (100 if by[2] else 1) <= min(ends) + 0.006


@checks("effect_title", "slices_finding", "null_sentence", "_retrained_sentence")
def interventions(rng: np.random.Generator) -> None:
    from app.screens.context_identity.effects_of_interventions import _retrained_sentence

    whole, parts = drawn(rng), [drawn(rng, 0.0, 4) for _ in SLICES]
    table = pd.DataFrame([whole, *parts], columns=["change", "low", "high"]).assign(
        slice=["all", *SLICES], variant="off", n=20, mean_abs_shift=0.1
    )
    table["error"] = 2 + table["change"]
    signs = [read(part, 0, 4) for part in parts]
    said = effect_title(table, "off", None)
    overall, _, rest = said.partition(";")
    assert ("rises" in overall) == (read(whole) == 1)
    assert ("falls" in overall) == (read(whole) == -1)
    assert ("rises" in rest or "falls" in rest) == any(sign in (1, -1) for sign in signs)
    rows = slice_changes(table, "off")
    said = slices_finding(rows)
    assert ("Overall the error" in said) == (read(whole) in (1, -1))
    for words, sign in (("raises it in", 1), ("lowers it in", -1)):
        count = signs.count(sign)
        assert (f"{words} {count}" in said) == bool(count)
    assert null_sentence(rows).count("turns") <= 1 + sum(sign not in (1, -1) for sign in signs)
    said = _retrained_sentence(table.assign(variant="retrained"), "other", "without identity")
    assert ("one seed" in said) == (read(whole) in (1, -1))
    assert ("no clear difference" in said) == (read(whole) not in (1, -1))


@checks("reported_table", "disagreements")
def reported(rng: np.random.Generator) -> None:
    variants = ["off", "no_context"]
    rows = [drawn(rng, 0.0, 2) for _ in range(4)]
    table = pd.DataFrame(rows, columns=["change", "low", "high"]).assign(
        variant=np.repeat(variants, 2), metric=["f1_weighted", "accuracy"] * 2, value=0.5
    )
    written = reported_table(table)
    changes = [name for name in written if "changes by" in name]
    assert [name.split(" changes")[0] for name in changes] == ["Weighted F1", "Accuracy"]
    cells = written[changes].to_numpy().ravel()
    for cell, row in zip(cells, rows, strict=True):
        found = read(row, 0, 2)
        assert cell.endswith("better") == (found == 1) and cell.endswith("worse") == (found == -1)
        assert cell.endswith("not known") == (found is None)
    whole = [drawn(rng) for _ in variants]
    changes = pd.DataFrame(whole, columns=["change", "low", "high"]).assign(
        variant=variants, slice="all"
    )
    expected = sum(
        read(rows[2 * v + m], 0, 2) in (1, -1) and read(rows[2 * v + m], 0, 2) == read(whole[v])
        for v in range(2) for m in range(2)
    )  # fmt: skip
    assert len(disagreements(table, changes)) == expected


@checks("calibration_title")
def slopes(rng: np.random.Generator) -> None:
    row = drawn(rng, float(rng.choice([0, 0.9, 1.1])))
    said = calibration_title(Interval(*row))
    assert ("too bold" in said) == (read(row, 0.9) == -1 and read(row) == 1)
    assert ("too timid" in said) == (read(row, 1.1) == 1)
    assert ("mean what they say" in said) == (read(row, 0.9) == 1 and read(row, 1.1) == -1)
    assert ("not known" in said) == (read(row) is None)


@checks("reliability_title", "classes_title")
def classes_and_confidence(rng: np.random.Generator) -> None:
    gap, error = drawn(rng, 0.0, 2), drawn(rng, 0.0, 2)
    said = reliability_title(0.8, 0.7, Interval(*gap), Interval(*error))
    assert ("too sure" in said) == (read(gap, 0, 2) == 1)
    assert ("not sure enough" in said) == (read(gap, 0, 2) == -1)
    assert ("not at every" in said) == (not read(gap, 0, 2) and bool(read(error, 0, 2)))
    rows = [drawn(rng, 0.5) for _ in range(3)]
    table = pd.DataFrame(rows, columns=["recall", "recall_low", "recall_high"]).assign(
        **{"class": ["joy", "fear", "anger"], "n": 9, "predicted": 9}
    )
    said = classes_title(table)
    named = [i for i, name in enumerate(table["class"]) if name in said]
    for i in named:
        assert all(rows[i][2] < row[1] for j, row in enumerate(rows) if j != i)


@checks("missing_title", "split_title")
def modalities(rng: np.random.Generator) -> None:
    rows = [drawn(rng, 0.0, 3) for _ in MODALITIES]
    subsets = pd.DataFrame(rows, columns=["change", "change_low", "change_high"]).assign(
        lost=[[name] for name in MODALITIES]
    )
    said = missing_title(subsets, metric("mae")).lower()
    costs = [read(row, 0, 3) for row in rows]
    worse = [name for name, cost in zip(MODALITIES, costs, strict=True) if cost == 1]
    assert (("missed" in said and "no single" not in said) or "worse without" in said) == bool(
        worse
    )
    if not worse:
        better = [name for name, cost in zip(MODALITIES, costs, strict=True) if cost == -1]
        assert ("better without" in said) == bool(better)
    for name, cost in zip(MODALITIES, costs, strict=True):
        assert cost or name not in said
    if "missed most" in said:
        first = next(i for i, name in enumerate(MODALITIES) if said.startswith(name))
        assert all(rows[first][1] > rows[i][2] for i in range(3) if i != first)
    summary = pd.DataFrame(rows, columns=["value", "low", "high"]).assign(modality=MODALITIES)
    said = split_title(summary, "valid")
    if "no modality" not in said:
        first = next(i for i, name in enumerate(MODALITIES) if f" {name} moves" in said)
        assert all(rows[first][1] > rows[i][2] for i in range(3) if i != first)


@checks("probe_finding", "speaker_sentence")
def probes(rng: np.random.Generator) -> None:
    def rows(kind: str, target: str, limit: float) -> Iterator[dict[str, Any]]:
        for name in MODALITIES:
            value, low, high = drawn(rng, limit, 3)
            yield {"kind": kind, "target": target, "value": value, "low": low, "high": high,
                   "reading": "means", "probe": "linear", "code": f"z {name}"}  # fmt: skip

    shared = list(rows("invariant", "shared latents", 0.0))
    own = list(rows("invariant", "own private latents", 0.0))
    said = probe_finding(pd.DataFrame([*shared, *own]), MODALITIES)
    ends = [[(r["value"], r["low"], r["high"]) for r in part] for part in (shared, own)]
    assert ("not known" in said) == any(math.isnan(row[1]) for part in ends for row in part)
    if "not known" not in said:
        low = min(least(row, 3) for row in ends[0])
        if "at least" in said:
            assert low > 0 and number_after("at least", said) <= 100 * low + 0.5
        else:
            assert low <= 0
        most = max(-least((-v, -h, -lo), 3) for v, lo, h in ends[1])
        assert number_after("at most", said) >= 100 * most - 0.51
    told = list(rows("specific", "speaker", 0.2))
    report = {"speaker": {"speakers": 6, "chance": 0.2, "reason": None}, "leakage": told}
    said = speaker_sentence(report, "means")
    for row in told:
        above = read((row["value"], row["low"], row["high"]), 0.2, 3) == 1
        assert (f"{row['code']} " in said) == above


@checks("carryover_sentence")
def carried(rng: np.random.Generator) -> None:
    chance = float(rng.choice([0.0, 0.03]))
    (train, train_std), (valid, valid_std) = of_error(rng, chance), of_error(rng)
    said = carryover_sentence(
        {"modality": "audio", "train": train, "train_std": train_std, "valid": valid,
         "valid_std": valid_std, "chance": chance, "dropout": 0.5}
    )  # fmt: skip
    fits, tells = read(symmetric((train, train_std)), chance), read(symmetric((valid, valid_std)))
    assert ("fits train" in said) <= (fits == 1)
    assert ("tells the label on valid" in said) <= (tells == 1)
    if "far less" in said or "nothing" in said:
        error = math.hypot(train_std / 2, valid_std)
        assert fits == 1 and (train - chance) / 2 - valid - 2 * error > 0
        assert ("far less" in said) == (tells == 1)
    if fits is None or tells is None:
        assert "not known" in said


@pytest.mark.parametrize("check", sorted({c.__name__: c for c in CHECKS.values()}))
def test_no_sentence_claims_what_its_interval_does_not_hold(check: str) -> None:
    function = next(c for c in CHECKS.values() if c.__name__ == check)
    rng = np.random.default_rng(sum(map(ord, check)))
    for _ in range(DRAWS):
        function(rng)


def test_noise_near_zero_is_no_decay() -> None:
    row = {"modality": "audio", "train": 0.03, "train_std": 0.01, "valid": 0.01,
           "valid_std": 0.01, "chance": 0.02, "dropout": 0.95}  # fmt: skip
    assert "too little to know" in carryover_sentence(row)


COUNTED = {
    "pairing_finding",
    "aligned_finding", "attended_finding", "attention_finding", "attention_title", "channels_title",
    "checks_title", "codes_title", "confusion_title", "corpus_title", "curve_titles",
    "encode_title", "finding", "gaps_title", "headline", "identity_title", "label_title",
    "lab_title", "map_title", "modalities_title", "noise_title", "norm_finding", "own_title",
    "predict_class_title", "predict_title", "readers_title", "squeeze_title", "timeline_title",
    "train_title", "tries_title", "turns_finding", "turns_title", "utterance_title",
    "what_if_title", "card_finding", "number_finding", "class_finding", "edit_sentence",
    "utterance_sentence", "order_sentence", "pairs_sentence", "model_sentence", "dropout_sentence",
    "cka_finding", "claims_finding", "_title", "_number_title", "_class_title", "_column_title",
    "_axis_title", "_slice_title", "channel_title", "slice_titles", "_titles", "_verdict",
    "_retrained_sentence", "lab_sentences", "_sentence", "title", "conclusions",
    "draw_conclusions",
}  # fmt: skip
"""What is told of one utterance, one corpus or one model, without a claim beyond it, or is no
sentence; `claims_finding` counts verdicts that `tests/analysis/codes/test_claims.py` reads."""
_SENTENCE = re.compile(r"(title|titles|finding|sentence|sentences|headline|verdict|conclusions?)$")


def functions() -> Iterator[tuple[str, str]]:
    """Name and text of every function of the app."""
    for file in sorted((ROOT / "app").rglob("*.py")):
        text = file.read_text("utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno])


def test_every_sentence_of_a_page_is_known_here() -> None:
    checked = {name.rpartition(".")[2] for name in CHECKS}
    found = {name for name, _ in functions() if _SENTENCE.search(name)}
    assert found <= checked | COUNTED, found - checked - COUNTED


def test_whoever_decides_is_checked() -> None:
    """A function that asks for a decision in order to make a sentence is read again above."""
    deciding = re.compile(
        r"\b(decide|decide_within|decide_all|decide_by_chance|leader|decided|decided_changes|"
        r"clearly_harder|shared_by_pair|beyond_slack)\("
    )
    checked = {name.rpartition(".")[2] for name in CHECKS}
    drawn_only = {
        "difference_svg", "slice_gain_figure", "effect_figure", "slice_changes", "decided",
        "_decided", "order_sentence", "shown_of_pair", "named_slice", "_span",
    }  # fmt: skip
    users = {name for name, text in functions() if deciding.search(text)}
    assert users <= checked | drawn_only, users - checked - drawn_only


def test_no_page_compares_an_interval_with_zero_by_itself() -> None:
    by_hand = re.compile(r"""\[?["']?\b(low|high)["']?\]? ?[<>]=? ?0\b|excludes_zero""")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in ("app", "mmmie/analysis", "mmmie/experiments", "mmmie/cli")
        for file in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if by_hand.search(line)
    ]
    assert not found, found
