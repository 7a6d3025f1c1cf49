"""The whole configuration of a run: model, objective, training; read from TOML and ``--set``."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field, ValidationError, field_validator

from mmmie.errors import InputError
from mmmie.mi.catalogue import trained
from mmmie.model.config import NO_NUL, ModelSettings, Settings
from mmmie.reading import fault_words, read_toml

if TYPE_CHECKING:
    LowerName: TypeAlias = str
    UpperName: TypeAlias = str
else:
    LowerName = Literal[tuple(facts.name for facts in trained("lower"))]
    UpperName = Literal[tuple(facts.name for facts in trained("upper"))]


class MaximiseSettings(Settings):
    """MI maximisation between the invariant codes of every pair of modalities."""

    enabled: bool = Field(True, description="Off: ablation without MI maximisation.")
    estimator: LowerName = Field("infonce", description="The lower bound.")
    critic: Literal["gaussian", "cosine"] = Field(
        "gaussian",
        description="How a pair of codes is scored; `gaussian` is learned per dimension.",
    )
    weight: float = Field(0.1, ge=0, le=100, description="α, times the sum over pairs in nats.")


class MinimiseSettings(Settings):
    """MI minimisation between the input of a modality and its codes, and between its codes."""

    enabled: bool = Field(True, description="Off: ablation without MI minimisation.")
    estimator: UpperName = Field("vub", description="The upper bound.")
    invariant: float = Field(
        0.01, ge=0, le=100, description="β for I(x; z), times the sum over modalities in nats."
    )
    specific: float = Field(0.0005, ge=0, le=100, description="β for I(x; s).")
    separation: float = Field(
        0.03, ge=0, le=100, description="γ, keeps s from repeating z; our extension."
    )


_HEAVIEST = 1000


class TaskSettings(Settings):
    """The term of the loss that compares predictions with labels, see `objective.task`."""

    loss: Literal["auto", "l1", "mse", "huber", "cross_entropy", "focal"] = Field(
        "auto",
        description="Of numbers `l1` (auto), `mse` or `huber`, in standard deviations of the "
        "label; of classes `cross_entropy` (auto) or `focal`.",
    )
    class_weights: Literal["none", "balanced"] | dict[str, float] = Field(
        "none",
        description="How much an utterance of each class counts: `balanced` gives every class of "
        "the train split the same total, `{ fear = 3 }` counts fear three times.",
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the target that goes to all classes alike; of cross-entropy.",
    )
    focal_gamma: float = Field(
        2.0, ge=0, le=10, description="How much `focal` leaves out what is sure already; 0 nothing."
    )

    @field_validator("class_weights", mode="before")
    @classmethod
    def _check_weights(cls, value: Any) -> Any:
        if not isinstance(value, dict) and value not in ("none", "balanced"):
            raise ValueError('give "none", "balanced" or a table such as { fear = 3 }')
        for name, weight in value.items() if isinstance(value, dict) else ():
            number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
            if not number or not 0 < weight <= _HEAVIEST:
                raise ValueError(f"class {name!r} needs a weight above 0, at most {_HEAVIEST}")
        return value


class ObjectiveSettings(Settings):
    """The loss of the task, and the weights of the other terms; every weight can be 0."""

    task: TaskSettings = Field(default_factory=TaskSettings)
    maximise: MaximiseSettings = Field(default_factory=MaximiseSettings)
    minimise: MinimiseSettings = Field(default_factory=MinimiseSettings)
    reconstruction: float = Field(
        0.5, ge=0, le=100, description="δ, keeps the specific code from collapsing."
    )


_MAY_GROW = ("training.epochs", "training.patience")
_MAY_CHANGE = ("data", "label", "training.loggers")
MAPPINGS = ("modality_dropout", "class_weights")
"""Settings whose value may be a table of its own."""


class TrainingSettings(Settings):
    """How the model is trained."""

    epochs: int = Field(20, ge=1, le=10_000, description="Passes over the train split.")
    batch_size: int = Field(
        64,
        ge=2,
        le=65_536,
        description="Approximate number of targets per step, over all processes together.",
    )
    segment: int = Field(
        8, ge=1, le=100_000, description="Consecutive targets of a conversation kept together."
    )
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Peak of the one-cycle schedule.")
    weight_decay: float = Field(0.05, ge=0, le=10, description="Decoupled weight decay of AdamW.")
    conditional_learning_rate: float = Field(
        3e-3, gt=0, le=1, description="For learned conditionals q, trained in steps of their own."
    )
    averaging: float = Field(
        0.99,
        ge=0,
        lt=1,
        description="The weights that are judged and kept are a running mean of those in training, "
        "which keeps this share of the past per step; 0 keeps the last ones.",
    )
    clip: float = Field(1.0, gt=0, description="Largest norm of the gradient.")
    patience: int = Field(
        8, ge=1, description="Epochs without a better validation score before stopping."
    )
    modality_dropout: Literal["auto"] | float | dict[str, float] = Field(
        "auto",
        description="Chance that a whole modality is hidden from a target in training; `auto` "
        "hides a modality more often if it carries over less well from train to valid.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="What encoders and fusion multiply in; `auto` is bfloat16 for a model of width "
        "256 or more on a GPU that has it, and float32 elsewhere. All else is float32.",
    )
    compile: bool = Field(
        False,
        description="Compile encoders and fusion first (torch.compile), which takes about a "
        "minute: for long trainings of wide models on a GPU.",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of weights, batches and noise.")
    snapshot_utterances: int = Field(
        256, ge=0, le=5000, description="Validation utterances whose codes are kept every epoch."
    )
    mi_check_every: int = Field(
        5,
        ge=0,
        le=10_000,
        description="Epochs between independent estimates of what pairs of modalities share, by "
        "fresh critics that take no part in the training; 0 for none.",
    )
    loggers: list[Literal["tensorboard", "mlflow"]] = Field(
        [],
        description='Where metrics also go, such as `["tensorboard"]`; `mlflow` follows '
        "MLFLOW_TRACKING_URI. They change nothing in the training.",
    )


class Config(Settings):
    """Everything that a run needs besides its corpus."""

    data: str = Field("demo", pattern=NO_NUL, description="`demo` or the path of a corpus.")
    label: str = Field(
        "",
        description="What the label of the corpus is where it is not to be guessed, such as "
        "`kind=regression,range=-3:3`.",
    )
    init: str = Field(
        "",
        pattern=NO_NUL,
        description="Checkpoint whose weights the training starts from, to fine-tune it, a folder "
        "or `hf://owner/name`; empty for fresh ones.",
    )
    model: ModelSettings = Field(default_factory=ModelSettings)
    objective: ObjectiveSettings = Field(default_factory=ObjectiveSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)


def load_config(
    file: Path | str | None = None,
    overrides: list[str] | None = None,
    *,
    beneath: dict[str, Any] | None = None,
) -> Config:
    """Read a configuration: the defaults, then a TOML file, then ``section.key=value`` pairs.

    Args:
        beneath: nested values that take the place of the defaults.

    Raises:
        InputError: the file cannot be read, or a key does not exist or has a wrong value.

    Example:
        >>> load_config(overrides=["model.dim=32"]).model.dim
        32
    """
    values = deepcopy(beneath or {})
    where = "configuration"
    if file is not None:
        where = str(file)
        said = read_toml(Path(file))
        parse_config(said, where)
        _merge(values, said)
    for override in overrides or []:
        _override(values, override)
        where = f"{where} with --set {override}"
    return parse_config(values, where if overrides else str(file or "configuration"))


def parse_config(values: dict[str, Any], where: str) -> Config:
    """Check nested values.

    Raises:
        InputError: one line that names the first bad key of `where`.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            key = ".".join(str(part) for part in first["loc"])
            known = ", ".join(_siblings(first["loc"]))
            raise InputError(f"{where}: key `{key}` does not exist; known here: {known}") from None
        raise InputError(f"{where}: {fault_words(error)}") from None


def _merge(values: dict[str, Any], over: dict[str, Any]) -> None:
    """Put nested values over others, in place."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def extended(config: Config, asked: Config, run: Path) -> Config:
    """The configuration with which a run continues when some settings were asked for.

    More epochs or patience extend it, loggers may change; all else has to agree.

    Args:
        config: the run's own.
        run: its folder, for messages.

    Raises:
        InputError: a setting differs, or there are fewer epochs or less patience than before.
    """
    before, after = (flatten(one.model_dump(), whole=MAPPINGS) for one in (config, asked))
    for key in sorted(before | after):
        old, new = before.get(key), after.get(key)
        if key in _MAY_GROW:
            if before[key] > after[key]:
                raise InputError(
                    f"{key}: is {new}, less than the {old} of {run}; give {old} or more"
                )
        elif old != new and key not in _MAY_CHANGE:
            raise InputError(
                f"{key}: is {new!r}, but {run} was started with {old!r}; leave it out, or train "
                f"into another folder"
            )
    return asked


def config_toml(config: Config) -> str:
    """The configuration as TOML, without what is unset."""
    import tomli_w

    return tomli_w.dumps(config.model_dump(exclude_none=True))


def flatten(
    values: dict[str, Any], prefix: str = "", *, whole: Collection[str] = ()
) -> dict[str, Any]:
    """Dotted keys of nested values; a table with a key in `whole` stays one value.

    Example:
        >>> flatten({"model": {"dim": 8, "identity": {"role": False}}, "a.b": 1})
        {'model.dim': 8, 'model.identity.role': False, 'a.b': 1}
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value and key not in whole:
            flat.update(flatten(value, f"{prefix}{key}.", whole=whole))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    settings: type[Settings] = Config
    for part in location[:-1]:
        annotation = settings.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, Settings)):
            break
        settings = annotation
    return list(settings.model_fields)


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise InputError(f"--set {override}: is no `section.key=value`; write model.dim=64")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    group = values
    for part in parts[:-1]:
        group = group.setdefault(part, {})
        if not isinstance(group, dict):
            raise InputError(f"--set {override}: `{part}` is no section; see the defaults")
    group[parts[-1]] = value
