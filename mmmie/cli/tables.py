"""Reports as tables that fit a screen; everything that is left out here is in ``--json``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import click

from mmmie.cli.shared import one_line
from mmmie.mi.verdict import decide

Row = Sequence[Any]
_MOST_ROWS = 30  # of one table, so that the tables of one report are at most 60 lines
_MOST_NOTES = 20
_WIDEST = 48


def print_table(
    head: Row, rows: Iterable[Row], most: int = _MOST_ROWS, widest: int = _WIDEST
) -> None:
    """Print rows in columns, numbers to the right; of more than `most`, how many were left out."""
    rows = list(rows)
    cells = [[_cell(value, widest) for value in row] for row in [head, *rows[:most]]]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    numbers = [
        any(isinstance(row[i], (int, float)) and not isinstance(row[i], bool) for row in rows)
        for i in range(len(head))
    ]
    for line in cells:
        padded = (
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, numbers, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
    _say_left_out(len(rows) - most)


def _say_left_out(count: int) -> None:
    if count > 0:
        click.echo(f"… {count} more, all under --json")


def print_heading(text: str) -> None:
    """Print what a table is about, after an empty line."""
    click.echo(f"\n{one_line(text)}")


def _cell(value: Any, widest: int = _WIDEST) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".replace("-", "−") if abs(value) < 100 else f"{value:.4g}"
    text = one_line(str(value))
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def interval(value: Mapping[str, float]) -> str:
    """A value with its interval, ``0.12 [0.1, 0.14]``."""
    return f"{_cell(value['value'])} [{_cell(value['low'])}, {_cell(value['high'])}]"


def print_metrics(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie evaluate``: the metrics, then the classes."""
    print_table(
        ["metric", "value"],
        [(name, value) for name, value in report.items() if not isinstance(value, dict)],
    )
    if "per_class" in report:
        print_heading("by class")
        keys = ["n", "predicted", "precision", "recall", "f1"]
        rows = [[name, *(one[key] for key in keys)] for name, one in report["per_class"].items()]
        print_table(["class", *keys], rows)


def print_identity(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie identity``: every intervention, then the slices they change most."""
    whole = report["interventions"]
    metrics = _telling(report["trained"])
    rows = [["as trained", *(report["trained"][m] for m in metrics), "", None, None]]
    rows += [
        [
            name,
            *(one[m] for m in metrics),
            interval(one["error_change"]),
            one["mean_abs_shift"],
            one["attention"]["total_variation"],
        ]
        for name, one in whole.items()
    ]
    print_table(["told", *metrics, "error changes by", "moves by", "attention moves by"], rows)
    if "f1_weighted" in metrics:
        print_heading("the metrics that are reported elsewhere change by")
        keys = [name for name in ("f1_weighted", "accuracy") if name in metrics]
        print_table(
            ["told", *keys],
            [[told, *(interval(one[f"{m}_change"]) for m in keys)] for told, one in whole.items()],
            most=10,
        )
    looks = len(report["slices"]) * len(whole)
    print_heading(f"error changes by, in slices; * shown, corrected for {looks} looks (Bonferroni)")
    slices = sorted(report["slices"].items(), key=lambda entry: -_most(entry[1]))
    print_table(
        ["slice", "n", "error", *whole],
        [
            [
                name,
                one["n"],
                one["trained"]["error"],
                *(_marked(one["interventions"][told]["error_change"], looks) for told in whole),
            ]
            for name, one in slices
        ],
    )


def _marked(change: Mapping[str, float], looks: int) -> str:
    """A change, with a star where it is shown."""
    found = decide(change["value"], change["low"], change["high"], looks=looks)
    return f"{_cell(change['value'])}{'*' if found.clear else ' '}"


def _telling(metrics: Mapping[str, Any]) -> list[str]:
    named = ("mae", "corr", "acc2_nonzero", "f1_weighted", "accuracy")
    return [name for name in named if metrics.get(name) is not None]


def _most(part: Mapping[str, Any]) -> float:
    """The largest change in a slice, in standard errors."""
    found = [0.0]
    for one in part["interventions"].values():
        change = one["error_change"]
        width = change["high"] - change["low"]
        if math.isfinite(width) and width > 0:
            found.append(abs(change["value"]) / width)
    return max(found)


def print_probes(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie probe``: what linear probes read in the means, then retrieval."""
    shown = ["code", "target", "wanted", "limit", "value", "low", "high", "verdict"]
    linear = [r for r in report["leakage"] if (r["reading"], r["probe"]) == ("means", "linear")]
    print_table(shown, [[row[key] for key in shown] for row in linear], most=44)
    print_heading("the same utterance found by another modality's shared code")
    keys = ["recall_at_1", "recall_at_10", "chance_at_1"]
    rows = [[pair, *(one[key] for key in keys)] for pair, one in report["retrieval"].items()]
    print_table(["pair", *keys], rows, most=10)


def print_explanation(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie explain``: modalities, turns and the strongest channels."""
    kept = ("utterance", "label", "class", "prediction")
    print_table(kept, [[report[key] for key in kept]])
    print_heading(f"modalities, from {_cell(report['modalities']['start'])} without any")
    overall = report["split"]["mean_absolute"]
    rows = [
        [name, value, interval(overall[name]) if name in overall else ""]
        for name, value in report["modalities"]["values"].items()
    ]
    print_table(["modality", "adds", f"mean size on {report['split']['name']}"], rows, most=10)
    if report.get("context"):
        print_heading(f"turns, from {_cell(report['context']['start'])} without any")
        turns = [
            [one["id"], one["speaker"], one["value"]]
            for one in report["context"]["values"].values()
        ]
        print_table(["turn", "speaker", "adds"], turns, most=12)
    if report.get("channels"):
        print_heading("channels that add most")
        channels = [
            [modality, channel, value]
            for modality, found in report["channels"]["values"].items()
            for channel, value in found.items()
        ]
        channels.sort(key=lambda row: -abs(row[2]))
        print_table(["modality", "channel", "adds"], channels, most=16)


def print_robustness(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie robustness``: every subset, then the rates."""
    metrics = list(dict.fromkeys([report["metric"], *_telling(report["subsets"][_whole(report)])]))

    def row(first: list[Any], one: Mapping[str, Any]) -> list[Any]:
        low, high = _cell(one["low"]), _cell(one["high"])
        values = [one[m] for m in metrics]
        return [*first, *values, f"[{low}, {high}]", interval(one["change"])]

    head = [*metrics, f"95 % of {report['metric']}", f"{report['metric']} changes by"]
    print_table(
        ["modalities", *head], [row([name], one) for name, one in report["subsets"].items()]
    )
    print_heading("each modality of each utterance missing with this chance")
    print_table(
        ["rate", "missing", *head],
        [row([one["rate"], one["missing"]], one) for one in report["rates"]],
        most=20,
    )


def _whole(report: Mapping[str, Any]) -> str:
    return str(next(iter(report["subsets"])))


def print_corpus(report: Mapping[str, Any]) -> None:
    """The report of ``mmmie data info``: what it is, its splits, its modalities, its notes."""
    apart = ("splits", "modalities", "notes", "label", "utterances_per_conversation")
    label = report["label"]
    facts = {key: value for key, value in report.items() if key not in apart}
    if label:
        scale = label.get("range") or label.get("classes")
        facts["label"] = f"{label['name']}, {label['kind']} {_words(scale)}"
    turns = report["utterances_per_conversation"]
    facts["turns"] = "{min:g} to {max:g} a conversation, half have {median:g} or fewer".format(
        **turns
    )
    for key, value in facts.items():
        click.echo(f"{key:14} {'-' if value is None else one_line(str(value))}")
    splits = report["splits"]
    keys = list(dict.fromkeys(key for one in splits.values() for key in one))
    print_heading("splits")
    print_table(
        ["split", *keys],
        [[name, *(_words(one.get(key)) for key in keys)] for name, one in splits.items()],
    )
    print_heading("modalities")
    rows = []
    for name, one in report["modalities"].items():
        steps = one.get("steps")
        rows.append(
            [
                name,
                one["level"],
                one["dim"],
                "{min:g}–{max:g}".format(**steps) if steps else None,
                one["missing"],
                one["zeros"],
                len(one["channels"]) if one.get("channels") else None,
                one.get("source"),
            ]
        )
    head = ["modality", "level", "dim", "steps", "missing", "zeros", "named channels", "source"]
    print_table(head, rows, most=10)
    print_heading("notes")
    for note in report["notes"][:_MOST_NOTES] or ["none"]:
        click.echo(f"- {one_line(note)}")
    _say_left_out(len(report["notes"]) - _MOST_NOTES)


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return (
            " to ".join(f"{v:g}" for v in value) if _numbers(value) else ", ".join(map(str, value))
        )
    return value


def _numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) for value in values)
