"""What an experiment consists of: its TOML file, checked and resolved into trials."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from mmmie.errors import InputError
from mmmie.experiments.folds import By
from mmmie.experiments.search import Dimension, SearchSettings, Values, dimensions, import_optuna
from mmmie.model.config import Settings
from mmmie.reading import fault_words, read_toml
from mmmie.training.config import Config, flatten, parse_config

_LONGEST_FOLDER = 80

Split = Literal["train", "valid", "test"]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Flat = dict[str, Any]


class ExperimentFile(Settings):
    """What an experiment file may say."""

    name: str = Field(min_length=1, description="Title of the report, and its folder.")
    description: str = Field("", description="What it is for; stands on top of the report.")
    data: str = Field("demo", description="`demo` or the path of a corpus.")
    label: str = Field("", description="What its label is, as in config.toml.")
    seeds: Annotated[int, Field(ge=1, le=10_000)] | list[Seed] = Field(
        5, description="How many seeds, counted from 0, or the seeds themselves."
    )
    split: Split | list[Split] = Field("valid", description="Where metrics are reported.")
    reference: str | None = Field(
        None, description="The configuration that others are compared with; the first if left out."
    )
    base: dict[str, Any] = Field({}, description="Settings of all, sections as in config.toml.")
    configurations: dict[str, dict[str, Any]] = Field({}, description="name → what differs.")
    grid: dict[str, Any] = Field({}, description="Setting → list of values, all combinations.")
    baselines: list[str] = Field([], description="Names of `mmmie.baselines`.")
    search: SearchSettings | None = Field(
        None, description="A space of settings to draw trials from, beside the above."
    )


@dataclass(frozen=True)
class Configuration:
    """One row of the report: settings of the model, or a baseline.

    Attributes:
        name: as the report calls it.
        folder: the name of its folder.
        config: the settings, but for the seed; None for a baseline.
        baseline: a name of `mmmie.baselines`; None for the model.
    """

    name: str
    folder: str
    config: Config | None = None
    baseline: str | None = None


@dataclass(frozen=True)
class Trial:
    """One training, or one fit of a baseline, on `data`: ``demo`` or the path of a corpus.

    Attributes:
        fold: the part that it is judged on, from 0; None where the corpus has its own splits.
    """

    configuration: Configuration
    seed: int
    data: str
    fold: int | None = None

    @property
    def config(self) -> Config:
        """The whole configuration of the run, its seed and data included."""
        assert self.configuration.config is not None
        config = self.configuration.config.model_copy(deep=True)
        config.training.seed, config.data = self.seed, self.data
        return config

    @property
    def folder(self) -> Path:
        """Where it is kept, inside the folder of all trials."""
        part = "" if self.fold is None else f".part{self.fold + 1}"
        return Path(self.configuration.folder) / f"{self.seed}{part}"


@dataclass(frozen=True)
class Search:
    """What an experiment searches.

    Attributes:
        base: settings of all trials, by dotted key.
        proposed: what was drawn so far, in order.
        where: for messages.
    """

    settings: SearchSettings
    space: dict[str, Dimension]
    base: Flat
    where: str
    proposed: tuple[Values, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """What must stay the same for a search to continue, as JSON can say it."""
        space = {key: {one.kind: list(one.values)} for key, one in self.space.items()}
        return {**self.settings.model_dump(exclude={"trials"}), "space": space}

    def configuration(self, number: int, values: Values) -> Configuration:
        """The configuration of a proposal, counted from 1."""
        name = f"trial {number}"
        config = parse_config(nest(_merge(self.base, flatten(values)), self.where), self.where)
        return Configuration(name, folder_name(name), config)

    def check(self) -> None:
        """Raise an `InputError` where an end of the space is no value of its setting."""
        for key, one in self.space.items():
            for value in one.values:
                self.configuration(1, {key: value})
        if self.settings.sampler == "optuna":
            import_optuna()


@dataclass(frozen=True)
class Plan:
    """An experiment, resolved.

    Attributes:
        label: what the label of the corpus is, where it is not to be guessed.
        splits: where metrics are reported, without repetition.
        seeds: of every configuration; a deterministic baseline takes the first only.
        reference: the name of the configuration that others are compared with.
        configurations: in the order of the file: named ones, the grid, baselines.
        folds: parts of the corpus that are judged in turn, see `mmmie.experiments.folds`; 0 for
            the splits of the corpus.
        by: what stays together in a part.
        search: what is searched beside `configurations`, which hold its proposals so far; None
            where nothing is.
    """

    name: str
    description: str
    data: str
    splits: tuple[str, ...]
    seeds: tuple[int, ...]
    reference: str
    configurations: tuple[Configuration, ...]
    label: str = ""
    folds: int = 0
    by: By = "conversation"
    search: Search | None = None

    @property
    def trials(self) -> list[Trial]:
        """Every trial; the first seed of all configurations comes before the second of any."""
        return [
            Trial(configuration, seed, self.data, fold)
            for seed in self.seeds
            for configuration in self.configurations
            for fold in (range(self.folds) if self.folds else (None,))
            if seed == self.seeds[0] or not is_deterministic(configuration)
        ]

    def said(self, split: str) -> str:
        """What a split is called: all parts that are judged in turn are one."""
        return f"all {self.folds} held-out parts" if self.folds else split

    @property
    def unproposed(self) -> int:
        """How many settings its search has still to draw."""
        if self.search is None:
            return 0
        return max(0, self.search.settings.trials - len(self.search.proposed))

    @property
    def planned(self) -> int:
        """How many trials there will be."""
        return len(self.trials) + self.unproposed * len(self.seeds) * max(1, self.folds)

    @property
    def searched(self) -> Plan:
        """What the search proposed so far, alone."""
        names = {f"trial {n + 1}" for n in range(len(self.search.proposed) if self.search else 0)}
        return replace(
            self, configurations=tuple(c for c in self.configurations if c.name in names)
        )

    def with_proposal(self, values: Values) -> Plan:
        """The plan with one more proposal of its search."""
        assert self.search is not None
        proposed = (*self.search.proposed, values)
        added = self.search.configuration(len(proposed), values)
        return replace(
            self,
            configurations=(*self.configurations, added),
            search=replace(self.search, proposed=proposed),
        )

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON can say it."""
        return {
            "name": self.name,
            "description": self.description,
            "data": self.data,
            "splits": list(self.splits),
            "seeds": list(self.seeds),
            "reference": self.reference,
            **({"label": self.label} if self.label else {}),
            **({"folds": self.folds, "by": self.by} if self.folds else {}),
            **(
                {"search": {**self.search.said, "proposed": list(self.search.proposed)}}
                if self.search
                else {}
            ),
            "configurations": {
                c.name: {"baseline": c.baseline} if c.config is None else settings_of(c.config)
                for c in self.configurations
            },
        }

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change when anything of the plan does."""
        text = json.dumps(self.as_dict(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_plan(
    file: Path | str, data: str | None = None, folds: int = 0, by: By = "conversation"
) -> Plan:
    """Read an experiment file.

    Args:
        file: TOML with the fields of `ExperimentFile`.
        data: a corpus to use in place of the file's.
        folds, by: see `Plan`; with `folds` the splits of the file are not used.

    Raises:
        InputError: the file cannot be read, or a key, a setting, a name or a baseline is wrong.
    """
    said = _read_file(Path(file))
    base = flatten(said.base)
    settings = {name: flatten(own) for name, own in said.configurations.items()}
    for name, own in _grid(said.grid, file):
        if name in settings:
            raise InputError(f"{file}: configuration `{name}` comes twice; name every value once")
        # a value of the grid may be a table itself: modality_dropout = [{ text = 0.1 }, …]
        settings[name] = flatten(own)
    if not settings and not said.baselines:
        settings["base"] = {}
    search = _search(said.search, base, f"{file}, search")
    configurations = []
    for name, own in settings.items():
        where = f"{file}, configuration `{name}`"
        config = parse_config(nest(_merge(base, own), where), where)
        configurations.append(Configuration(name, folder_name(name), config))
    for name in said.baselines:
        configuration = Configuration(name, folder_name(name), baseline=name)
        try:
            is_deterministic(configuration)
        except InputError as error:
            raise InputError(f"{file}: {error}") from None
        if name in settings:
            raise InputError(
                f"{file}: `{name}` is a configuration and a baseline; rename the first"
            )
        configurations.append(configuration)
    names = [configuration.name for configuration in configurations]
    reference = said.reference or names[0]
    if reference not in names:
        raise InputError(f"{file}: `reference` is {reference!r}; use one of {', '.join(names)}")
    _check_folders(configurations, file)
    seeds = range(said.seeds) if isinstance(said.seeds, int) else said.seeds
    splits = [said.split] if isinstance(said.split, str) else said.split
    if search and not folds and "valid" not in splits:
        raise InputError(f"{file}: a search judges on valid; add it to `split`")
    taken = [name for name in names if search and re.fullmatch(r"(?i)trial[ -]\d+", name)]
    if taken:
        raise InputError(f"{file}: `{taken[0]}` is a name that the search gives; rename it")
    return Plan(
        name=said.name,
        description=said.description,
        data=data or said.data,
        splits=("test",) if folds else tuple(dict.fromkeys(splits)),
        seeds=tuple(dict.fromkeys(seeds)),
        reference=reference,
        configurations=tuple(configurations),
        label=said.label,
        folds=folds,
        by=by,
        search=search,
    )


def is_deterministic(configuration: Configuration) -> bool:
    """Whether every seed gives the same: one fit of a baseline is then enough."""
    if configuration.baseline is None:
        return False
    from mmmie import baselines

    return baselines.is_deterministic(configuration.baseline)


def settings_of(config: Config) -> Flat:
    """Every setting by its dotted key, but for the seed and the corpus, which the plan sets."""
    flat = flatten(config.model_dump(mode="json"))
    return {
        key: value for key, value in flat.items() if key not in ("data", "label", "training.seed")
    }


def nest(flat: Flat, where: str) -> dict[str, Any]:
    """Nested values of dotted keys, the reverse of `flatten`.

    Raises:
        InputError: a key is below another with a plain value, or is not free to set.
    """
    for key in ("data", "label"):
        if key in flat:
            raise InputError(f"{where}: `{key}` is set for all; write it on top of the file")
    if "training.seed" in flat:
        raise InputError(f"{where}: `training.seed` is set by `seeds`; leave it out")
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *sections, last = key.split(".")
        group = nested
        for section in sections:
            group = group.setdefault(section, {})
            if not isinstance(group, dict):
                raise InputError(f"{where}: `{key}` is set, and `{section}` too; leave one out")
        group[last] = value
    return nested


def folder_name(name: str) -> str:
    """A name that every file system takes.

    Example:
        >>> folder_name("Without identity, α=0.1")
        'without-identity-α=0.1'
    """
    plain = re.sub(r"[^\w.=+-]+", "-", name.lower()).strip("-.")
    if 0 < len(plain) <= _LONGEST_FOLDER:
        return plain
    digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{plain[:_LONGEST_FOLDER]}-{digest}"


def _read_file(file: Path) -> ExperimentFile:
    values = read_toml(file)
    try:
        said = ExperimentFile.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        if key == "search":
            raise InputError(f"{file}: {_fault_of_search(error)}") from None
        if first["type"] == "extra_forbidden":
            known = ", ".join(ExperimentFile.model_fields)
            raise InputError(f"{file}: key `{key}` does not exist; known here: {known}") from None
        if first["type"] == "missing":
            raise InputError(f"{file}: `{key}` is missing; add it") from None
        field = ExperimentFile.model_fields[key]
        raise InputError(
            f"{file}: `{key}` is {values[key]!r}; {first['msg'].lower()} ({field.description})"
        ) from None
    for key in ("seeds", "split"):
        if getattr(said, key) == []:
            raise InputError(f"{file}: `{key}` is empty; name at least one")
    return said


def _fault_of_search(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"key `{key}` does not exist; known here: {', '.join(SearchSettings.model_fields)}"
    if first["type"] == "missing":
        return f"`{key}` is missing; add it"
    return fault_words(error)


def _search(settings: SearchSettings | None, base: Flat, where: str) -> Search | None:
    if settings is None:
        return None
    search = Search(settings, dimensions(flatten(settings.space), f"{where}.space"), base, where)
    search.check()
    return search


def _grid(grid: dict[str, Any], file: Path | str) -> list[tuple[str, Flat]]:
    flat = flatten(grid)
    for key, values in flat.items():
        if not isinstance(values, list) or not values:
            raise InputError(f"{file}, grid: `{key}` is {values!r}; give a list of values")
    points = [dict(zip(flat, values, strict=True)) for values in itertools.product(*flat.values())]
    return [(", ".join(f"{k}={_plain(v)}" for k, v in p.items()), p) for p in points if p]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(_plain, value))
    if isinstance(value, bool | dict):
        return json.dumps(value)
    return str(value)


def _merge(base: Flat, own: Flat) -> Flat:
    """`base` with `own` over it; a section replaces a plain value and the reverse."""

    def clashes(key: str) -> bool:
        return any(key.startswith(f"{o}.") or o.startswith(f"{key}.") for o in own)

    return {key: value for key, value in base.items() if not clashes(key)} | own


def _check_folders(configurations: list[Configuration], file: Path | str) -> None:
    seen: dict[str, str] = {}
    for configuration in configurations:
        other = seen.setdefault(configuration.folder, configuration.name)
        if other != configuration.name:
            raise InputError(
                f"{file}: configurations `{other}` and `{configuration.name}` would share the "
                f"folder {configuration.folder}; rename one"
            )
