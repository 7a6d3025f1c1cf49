"""The report: findings with their nulls, escaped names, nothing from outside, whole tables."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mmmie.analysis.errors.resampling import Interval
from mmmie.datasets import load_corpus
from mmmie.experiments import report_words as words
from mmmie.experiments.plan import Configuration, Plan, Trial
from mmmie.experiments.report import write_report
from mmmie.experiments.results import Outcome, split_masks
from mmmie.experiments.run import Experiment
from mmmie.experiments.statistics import Effect, Row, compare
from mmmie.experiments.strips import Scale, difference_strip, mean_strip
from mmmie.training.config import Config

NAMES = ("full <model>", "much | worse", "the same & more")
VOID = {"meta", "br"}


class Tags(HTMLParser):
    """Whether every tag is closed, and which are used."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def experiment(data, write, tmp_path):
    """A plan whose outputs are made up: one clearly worse, one as good as the reference."""
    found = Experiment(write(), data, tmp_path / "out")
    configurations = tuple(Configuration(name, str(i), Config()) for i, name in enumerate(NAMES))
    found.plan = Plan("a <b> | c", "", data, ("valid",), (0, 1, 2), NAMES[0], configurations)
    found.folder.write_plan(found.plan, found.corpus)
    return found


@pytest.fixture
def outcomes(experiment):
    random = np.random.default_rng(0)
    targets = experiment.corpus.targets
    made = []
    for configuration, noise in zip(experiment.plan.configurations, (0.5, 1.5, 0.5), strict=True):
        for seed in experiment.plan.seeds:
            output = targets + random.normal(size=len(targets)) * noise
            facts = {
                "seconds": 1.0, "cpu_seconds": 1.0, "epoch": 3, "device": "cpu", "machine": "m",
            }  # fmt: skip
            trial = Trial(configuration, seed, experiment.plan.data)
            made.append(Outcome(trial, output.astype(np.float32), facts))
    return made


def pages(experiment, outcomes):
    write_report(experiment.folder, experiment.plan, experiment.corpus, outcomes)
    return (
        experiment.folder.html.read_text("utf-8"),
        experiment.folder.markdown.read_text("utf-8"),
    )


def test_findings_name_what_is_worse_and_what_is_null(experiment, outcomes):
    rows = compare(experiment.corpus, experiment.plan, outcomes, "mae", "valid")
    said = words.findings(rows, "mae", "valid", 8, NAMES[0])
    assert len(said) == 3
    assert all(part in said[0] for part in ("valid", NAMES[0], "MAE 0."))
    assert "orse" in said[1] and f"{NAMES[1]} (+" in said[1] and NAMES[2] not in said[1]
    assert all(part in said[2] for part in ("8 conversations", "3 seeds", NAMES[2]))
    verdicts = [words.verdict(row, "mae") for row in rows]
    assert verdicts == ["reference", "worse", words.NO_DIFFERENCE]


def test_more_is_better_for_every_metric_but_the_error():
    effect = Effect(Interval(0.2, 0.1, 0.3), 0.001)
    row = Row("a", [1.0], Interval(1, 1, 1), Interval(1, 1, 1), effect, 0.001, False, [0], {})
    assert words.verdict(row, "mae") == "worse" and words.verdict(row, "corr") == "better"


def test_only_common_seeds_are_paired(experiment, outcomes):
    rest = [o for o in outcomes if (o.trial.configuration.name, o.trial.seed) != (NAMES[1], 0)]
    row = compare(experiment.corpus, experiment.plan, rest, "mae", "valid")[1]
    both = [o for o in rest if o.trial.seed != 0]
    other = compare(experiment.corpus, experiment.plan, both, "mae", "valid")[1]
    assert row.effect == other.effect and len(row.values) == 2
    single = [
        o
        for o in outcomes
        if o.trial.seed == {NAMES[0]: 0, NAMES[1]: 1}.get(o.trial.configuration.name)
    ]
    assert compare(experiment.corpus, experiment.plan, single, "mae", "valid")[1].effect is None


def test_html_is_whole_escaped_and_needs_nothing_else(experiment, outcomes):
    html, _ = pages(experiment, outcomes)
    tags = Tags()
    tags.feed(html)
    assert tags.open == [] and "script" not in tags.seen and "model" not in tags.seen
    assert "full &lt;model&gt;" in html and "&lt;b&gt;" in html
    assert not re.search(r"(src|href)=|https?://|url\(", html)
    assert html.count("<svg") >= 2 * len(NAMES) and len(html) < 200_000
    assert "nan" not in re.sub(r"<style>.*</style>", "", html, flags=re.S).lower()


def test_markdown_tables_are_whole(experiment, outcomes):
    _, markdown = pages(experiment, outcomes)
    assert "full &lt;model>" in markdown and "much \\| worse" in markdown
    blocks = re.findall(r"(?:^\|.*\n)+", markdown, flags=re.M)
    assert len(blocks) >= 4
    for block in blocks:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block
    assert re.search(r"^\| full &lt;model> .*\| reference \|$", markdown, flags=re.M)


def test_a_report_of_nothing_finished_says_so(experiment):
    html, markdown = pages(experiment, [])
    assert "No trial has finished yet." in html and "No trial has finished yet." in markdown
    assert html.count("not finished yet") == 9


def test_without_the_reference_there_is_no_comparison(experiment, outcomes):
    html, _ = pages(experiment, outcomes[3:])
    assert "nothing can be compared" in html


def test_classes_have_their_own_metrics(make_corpus, experiment, outcomes):
    corpus = make_corpus(conversations=24, classes=("negative", "neutral", "positive"))
    random = np.random.default_rng(0)
    guesses = np.eye(3)[corpus.targets]
    made = [
        Outcome(o.trial, guesses + random.random((len(corpus), 3)) * 1.2, o.facts) for o in outcomes
    ]
    write_report(experiment.folder, experiment.plan, corpus, made)
    html = experiment.folder.html.read_text("utf-8")
    assert "Weighted F1" in html and "MAE" not in html


def test_slices_are_columns_of_zeros_and_ones_and_what_a_turn_is(data):
    corpus = load_corpus(data)
    corpus.utterances["colour"] = ["red", "blue"] * (len(corpus) // 2)
    corpus.utterances["grade"] = [1, 2] * (len(corpus) // 2)
    found = set(split_masks(corpus, "valid"))
    assert {"all", "ambiguous=0", "ambiguous=1", "turn=reply"} <= found
    assert not any(name.startswith("grade") for name in found)


def test_an_axis_leaves_out_what_would_press_all_others_together():
    near = [Interval(v, v - 0.05, v + 0.05) for v in (0.4, 0.42, 0.45, 0.47, 0.5)]
    scale = Scale.over([*near, Interval(9.0, 8.9, 9.1)])
    assert scale.contains(0.55) and not scale.contains(1.0)
    assert Scale.over([Interval(0.3, 0.2, 0.4)] * 3, always=[0.0]).contains(0.0)
    assert Scale.over([]).low < Scale.over([]).high
    assert "polygon" in difference_strip(scale, Interval(9.0, 8.9, 9.1), True)
    unknown = Interval(0.45, float("nan"), float("nan"))
    assert mean_strip(scale, [0.45], unknown, near[0]).count("<circle") == 2


@pytest.mark.parametrize("span", [(0.0, 1.0), (-0.013, 0.002), (120.0, 4000.0), (0.4, 0.400001)])
def test_ticks_are_few_and_inside(span):
    ticks = Scale(*span).ticks
    assert 2 <= len(ticks) <= 6 and all(span[0] - 1e-9 <= t <= span[1] + 1e-9 for t in ticks)
