"""The report of an experiment: one Markdown file and one HTML file that needs nothing else."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mmmie.analysis.errors.resampling import Interval
from mmmie.corpus import Corpus
from mmmie.experiments import report_words as words
from mmmie.experiments import strips
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.plan import Configuration, Plan, settings_of
from mmmie.experiments.results import ALL, Outcome, split_masks
from mmmie.experiments.standings import caution
from mmmie.experiments.statistics import Row, compare
from mmmie.files import write_text
from mmmie.metrics import metric_names, primary_metric
from mmmie.training.config import config_toml


@dataclass(frozen=True)
class MetricTable:
    """One metric on one split: rows, and the axes that their strips share."""

    metric: str
    rows: list[Row]
    mean_scale: strips.Scale
    difference_scale: strips.Scale


@dataclass(frozen=True)
class SliceColumn:
    """The primary metric on one slice: the rows by configuration."""

    name: str
    n: int
    rows: dict[str, Row]


@dataclass(frozen=True)
class SplitPart:
    """What the report says about one split."""

    name: str
    n: int
    conversations: int
    findings: list[str]
    tables: list[MetricTable]
    slices: list[SliceColumn]


def write_report(
    folder: ExperimentFolder, plan: Plan, corpus: Corpus, outcomes: list[Outcome]
) -> None:
    """Write report.md and report.html; planned trials that are missing or failed are named."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    facts = report_facts(folder, plan, corpus, outcomes)
    loader = PackageLoader("mmmie.experiments")
    for file, name in ((folder.html, "report.html.j2"), (folder.markdown, "report.md.j2")):
        environment = Environment(
            loader=loader,
            autoescape=name == "report.html.j2",
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["cell"] = _cell
        page = environment.get_template(name).render(facts, words=words, strips=strips)
        write_text(file, page)


def report_facts(
    folder: ExperimentFolder, plan: Plan, corpus: Corpus, outcomes: list[Outcome]
) -> dict[str, Any]:
    """Everything that the templates show."""
    sessions = folder.sessions()
    states = [(trial, folder.trial(trial).state) for trial in plan.trials]
    models = [c for c in plan.configurations if c.config is not None]
    shown_in_full = next(iter(sorted(models, key=lambda c: c.name != plan.reference)), None)
    return {
        "plan": plan,
        "corpus": corpus,
        "caution": caution(plan) if plan.search else "",
        "primary": primary_metric(corpus.label.kind)[0],
        "parts": [_part(plan, corpus, outcomes, split) for split in plan.splits],
        "failures": [(trial, folder.trial(trial).error()) for trial, s in states if s == "failed"],
        "missing": [trial for trial, state in states if state in ("waiting", "stopped")],
        "efforts": _efforts(plan, outcomes),
        "differences": [(c, _differs(c, shown_in_full)) for c in plan.configurations],
        "full": shown_in_full,
        "full_toml": _toml(shown_in_full),
        "sessions": sessions,
        "wall": _duration(sum(session["seconds"] for session in sessions)),
        "processor": _duration(sum(o.facts["cpu_seconds"] for o in outcomes)),
        "machines": sorted({o.facts["machine"] for o in outcomes}),
        "made": f"{datetime.now():%Y-%m-%d %H:%M}",
    }


def _part(plan: Plan, corpus: Corpus, outcomes: list[Outcome], split: str) -> SplitPart:
    utterances = corpus.rows(split)
    conversations = int(corpus.utterances["conversation"].iloc[utterances].nunique())
    primary = primary_metric(corpus.label.kind)[0]
    names = sorted(metric_names(corpus.label), key=lambda name: name != primary)
    tables = [
        _table(name, compare(corpus, plan, outcomes, name, split)) for name in names if outcomes
    ]
    columns = []
    for name, mask in split_masks(corpus, split).items():
        if name != ALL and outcomes:
            rows = compare(corpus, plan, outcomes, primary, split, mask)
            columns.append(SliceColumn(name, int(mask.sum()), {row.name: row for row in rows}))
    said = ["No trial has finished yet."]
    shown = plan.said(split)
    if tables:
        said = words.findings(tables[0].rows, primary, shown, conversations, plan.reference)
    return SplitPart(shown, len(utterances), conversations, said, tables, columns)


def _table(metric: str, rows: list[Row]) -> MetricTable:
    means = [row.over_conversations for row in rows]
    means += [Interval(v, v, v) for row in rows for v in row.values]
    differences = [row.effect.interval for row in rows if row.effect is not None]
    return MetricTable(
        metric, rows, strips.Scale.over(means), strips.Scale.over(differences, always=[0.0])
    )


def _efforts(plan: Plan, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    entries = []
    for configuration in plan.configurations:
        own = [o.facts for o in outcomes if o.trial.configuration.name == configuration.name]
        planned = sum(t.configuration.name == configuration.name for t in plan.trials)
        epochs = sorted(fact["epoch"] for fact in own if fact["epoch"] is not None)
        entries.append(
            {
                "name": configuration.name,
                "finished": len(own),
                "planned": planned,
                "seconds": statistics.fmean(f["seconds"] for f in own) if own else None,
                "cpu_seconds": statistics.fmean(f["cpu_seconds"] for f in own) if own else None,
                "epochs": _range(epochs),
                "devices": ", ".join(sorted({str(fact["device"]) for fact in own})),
            }
        )
    return entries


def _differs(configuration: Configuration, full: Configuration | None) -> list[str]:
    """What differs from the configuration that is shown in full, one line per setting."""
    if configuration.config is None:
        from mmmie.baselines import BASELINES

        name = str(configuration.baseline)
        return [f"baseline: {BASELINES[name].description if name in BASELINES else name}"]
    assert full is not None and full.config is not None
    own, other = settings_of(configuration.config), settings_of(full.config)
    keys = [key for key in {**own, **other} if own.get(key) != other.get(key)]
    return [f"{key} = {_value(own.get(key))} (not {_value(other.get(key))})" for key in keys]


def _toml(configuration: Configuration | None) -> str:
    if configuration is None or configuration.config is None:
        return ""
    lines = config_toml(configuration.config).splitlines()
    # the plan sets these: the run's own seed and corpus stand on top of the report
    return "\n".join(line for line in lines if not line.startswith(("seed = ", "data = "))).strip()


def _value(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def _range(values: list[int]) -> str:
    if not values:
        return words.NOTHING
    return str(values[0]) if values[0] == values[-1] else f"{values[0]} to {values[-1]}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _cell(value: object) -> str:
    """Text that stays inside a cell of a Markdown table and is no HTML."""
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(text.split())
