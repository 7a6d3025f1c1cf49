"""Write the reference pages from the code: ``python -m docs.build``.

What a page says is said in the code that it describes, once: in the fields of the settings, in the
options of the commands, in the catalogues of metrics, files and variables. A test fails where the
pages that are kept differ.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mmmie.analysis.errors.calibration import calibration_error
from mmmie.cli import cli
from mmmie.environment import VARIABLES
from mmmie.experiments import folder as experiment_folder
from mmmie.experiments.plan import ExperimentFile
from mmmie.experiments.search import SearchSettings
from mmmie.limits import Limits
from mmmie.metrics import HISTORY, METRICS, regression_metrics
from mmmie.model.config import Settings
from mmmie.training import checkpoint_files, run_folder
from mmmie.training.config import Config

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Written by `make docs` from the code; change it there. -->"
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def pages() -> dict[str, str]:
    """File name → text of every page."""
    return {
        "settings.md": _page("Settings of a run", _settings()),
        "experiment-file.md": _page("The experiment file", _experiment_file()),
        "metrics.md": _page("Metrics", _metrics()),
        "files.md": _page("Files", _files()),
        "environment.md": _page("Variables of the environment", _environment()),
        "commands.md": _page("Commands", _commands()),
    }


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([MADE, f"# {title}", *parts]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [list(row) for row in rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _settings() -> Iterator[str]:
    yield (
        "For `mmmie train --config FILE.toml`, where each dot is a section, for `--set KEY=VALUE`, "
        "and for the configurations of an experiment. A run keeps all of them in its `config.toml`."
    )
    yield from _groups(Config, "")


def _groups(settings: type[Settings], prefix: str) -> Iterator[str]:
    inner = []
    rows = []
    for name, field in settings.model_fields.items():
        if _is_group(field.annotation):
            inner.append((f"{prefix}{name}.", field.annotation))
        else:
            rows.append(_setting(f"{prefix}{name}", field))
    if rows:
        if prefix:
            yield f"## {prefix.rstrip('.')}"
            yield _paragraph(settings.__doc__)
        yield _table(["setting", "default", "may be", "meaning"], rows)
    for below, group in inner:
        yield from _groups(group, below)  # type: ignore[arg-type]


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)


def _setting(key: str, field: FieldInfo) -> list[str]:
    default = field.get_default(call_default_factory=True)
    shown = "required" if default is PydanticUndefined else _code(_value(default))
    bounds = " ".join(
        f"{sign} {getattr(rule, name)}"
        for rule in field.metadata
        for name, sign in _BOUNDS.items()
        if hasattr(rule, name)
    )
    return [
        _code(key),
        shown,
        " ".join([_kind(field.annotation), bounds]).strip(),
        field.description or "",
    ]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _kind(annotation: Any) -> str:
    """What a value may be, in words."""
    names = {int: "whole number", float: "number", str: "text", bool: "true or false"}
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in names:
        return names[annotation]
    if origin is Literal:
        return ", ".join(_code(str(value)) for value in inner)
    if origin is list:
        one = _kind(inner[0])
        return f"list of {one}s" if one.endswith("number") else f"list of {one}"
    if origin is dict or annotation is dict:
        return "table"
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(one) for one in inner if one is not type(None))
    if _is_group(annotation):
        return "section"
    return _kind(inner[0]) if inner else "any"  # Annotated


def _experiment_file() -> Iterator[str]:
    yield (
        "TOML for `mmmie experiment FILE.toml`; examples are in `experiments/`. Keys of `base` and "
        "of the configurations are [settings](settings.md)."
    )
    rows = [_setting(name, field) for name, field in ExperimentFile.model_fields.items()]
    yield _table(["key", "default", "may be", "meaning"], rows)
    yield "## search"
    yield _paragraph(SearchSettings.__doc__)
    rows = [_setting(f"search.{name}", one) for name, one in SearchSettings.model_fields.items()]
    yield _table(["key", "default", "may be", "meaning"], rows)


def _metrics() -> Iterator[str]:
    yield "As `mmmie evaluate --json`, `metrics.jsonl` and `results.csv` name them."
    rows = [
        [_code(key), one.name, "higher" if one.higher_is_better else "lower", one.help]
        for key, one in METRICS.items()
    ]
    yield _table(["key", "name", "better", "meaning"], rows)
    yield "Of labels that are numbers, exactly:"
    yield _paragraph(regression_metrics.__doc__, 1)
    yield "Of classes also `ece`: " + _paragraph(calibration_error.__doc__)
    yield "## Keys of metrics.jsonl"
    yield "One line per epoch; a pair is two modalities, such as `text-audio`."
    yield _table(["key", "meaning"], [[_code(key), text] for key, text in HISTORY.items()])


def _paragraph(docstring: str | None, number: int = 0) -> str:
    return " ".join((docstring or "").split("\n\n")[number].split())


def _files() -> Iterator[str]:
    for title, known in (
        ("Run folder", run_folder.FILES),
        ("Checkpoint folder", checkpoint_files.FILES),
        ("Experiment folder", experiment_folder.FILES),
    ):
        yield f"## {title}"
        yield _table(["name", "what it is"], [[_code(name), text] for name, text in known.items()])


def _environment() -> Iterator[str]:
    yield _table(["variable", "meaning"], [[_code(name), text] for name, text in VARIABLES.items()])
    yield "## Limits"
    yield "Whole numbers from 1 on."
    said = dict(re.findall(r"^ {8}(\w+): (.+)$", Limits.__doc__ or "", re.MULTILINE))
    rows = [
        [_code(f"MMMIE_{one.name.upper()}"), f"{one.default:,}".replace(",", " "), said[one.name]]
        for one in fields(Limits)
    ]
    yield _table(["variable", "default", "what it limits"], rows)


def _commands() -> Iterator[str]:
    yield "`mmmie COMMAND --help` says the same. Bad input is one line and exit status 2."
    yield from _command(cli, "mmmie")


def _command(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _command(below, f"{name} {below.name}")
        return
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    yield f"## {' '.join([name, *(str(one.name).upper() for one in arguments)])}"
    yield _paragraph(command.help)
    options = [one for one in command.params if isinstance(one, click.Option)]
    if options:
        yield _table(["option", "meaning"], map(_option, options))


def _option(option: click.Option) -> list[str]:
    kind = option.type
    value = option.metavar or (
        "|".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else kind.name.upper()
    )
    names = ", ".join([*option.opts, *option.secondary_opts])
    shown = names if option.is_flag else f"{names} {value}"
    default = f" Default: {option.default}." if option.show_default else ""
    required = " Required." if option.required else ""
    return [_code(shown), f"{option.help or ''}{default}{required}".strip()]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
        print(FOLDER / name)
