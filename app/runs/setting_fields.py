"""A form for every setting of a run, made from the types of the configuration."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from mmmie.model.config import Settings
from mmmie.training.config import Config, parse_config


@dataclass(frozen=True)
class SettingField:
    """One setting as a form shows it.

    The key is dotted as for ``--set``. The kind is the widget it gets, ``toml`` being a text box
    for what no other fits. Bounds are None where there are none.
    """

    key: str
    kind: Literal["switch", "whole", "number", "choice", "toml"]
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    title: str | None = None

    @property
    def section(self) -> str:
        """What it belongs to: ``model.context`` say."""
        return self.key.rpartition(".")[0]

    @property
    def words(self) -> str:
        """Its own name in words, unless its type says what to call it."""
        return self.title or self.key.rpartition(".")[2].replace("_", " ").capitalize()


def setting_fields(settings: type[Settings] = Config, prefix: str = "") -> list[SettingField]:
    """Every setting of a type and of the types inside it, in their order."""
    fields: list[SettingField] = []
    for name, field in settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Settings):
            fields += setting_fields(kind, f"{prefix}{name}.")
        else:
            fields.append(_setting(f"{prefix}{name}", field))
    return fields


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested sections.

    Example:
        >>> nested({"model.dim": 8, "data": "demo"})
        {'model': {'dim': 8}, 'data': 'demo'}
    """
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *sections, last = key.split(".")
        group = tree
        for section in sections:
            group = group.setdefault(section, {})
        group[last] = value
    return tree


def differences(config: Config, other: Config | None = None) -> list[tuple[str, Any, Any]]:
    """Key, value there and value here of settings that differ from another configuration.

    The other one is the default if left out; `data` is no difference.
    """
    other = other or Config()
    found = []
    for field in setting_fields():
        was, value = setting_of(other, field.key), setting_of(config, field.key)
        if value != was and field.key != "data":
            found.append((field.key, was, value))
    return found


def setting_of(config: Config, key: str) -> Any:
    """The value of a dotted key."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def settings_form(preset: Mapping[str, Any], hidden: set[str], *, key: str) -> dict[str, Any]:
    """Draw a widget for every setting, except for those that the page shows elsewhere.

    Args:
        preset: dotted key → value to begin with, where it is not the default.

    Returns:
        dotted key → value, of what is not at its default; to be checked by `parse_config`.
    """
    chosen: dict[str, Any] = {}
    section = ""
    for field in setting_fields():
        if field.key in hidden:
            continue
        if field.section != section:
            section = field.section
            title = section.replace(".", " · ").replace("_", " ").capitalize()
            st.markdown(f"**{title}**")
        start = preset.get(field.key, field.default)
        value = _widget(field, start, f"{key}-{field.key}")
        if value != field.default:
            chosen[field.key] = value
    return chosen


def config_of(values: Mapping[str, Any]) -> Config:
    """A checked configuration from dotted keys.

    Raises:
        InputError: a value is wrong; the line names the setting.
    """
    return parse_config(nested(values), "settings")


def _setting(key: str, field: FieldInfo) -> SettingField:
    low, high = None, None
    for bound in field.metadata:
        if isinstance(bound, (Ge, Gt)):
            low = float(getattr(bound, "ge", getattr(bound, "gt", 0)))
        if isinstance(bound, (Le, Lt)):
            high = float(getattr(bound, "le", getattr(bound, "lt", 0)))
    kind: Literal["switch", "whole", "number", "choice", "toml"] = "toml"
    choices: tuple[str, ...] = ()
    if field.annotation is bool:
        kind = "switch"
    elif field.annotation is int:
        kind = "whole"
    elif field.annotation is float:
        kind = "number"
    elif get_origin(field.annotation) is Literal:
        kind, choices = "choice", tuple(get_args(field.annotation))
    return SettingField(
        key, kind, field.default, field.description or "", low, high, choices, field.title
    )


def _widget(field: SettingField, start: Any, key: str) -> Any:
    note = f"{field.help} Setting `{field.key}`, default `{field.default}`{_bounds(field)}."
    if field.kind == "switch":
        return st.toggle(field.words, start, key=key, help=note)
    if field.kind == "choice":
        if len(field.choices) == 1:
            st.selectbox(field.words, field.choices, key=key, help=note, disabled=True)
            return start
        return st.selectbox(
            field.words, field.choices, index=field.choices.index(start), key=key, help=note
        )
    if field.kind == "whole":
        low, high = (None if b is None else int(b) for b in (field.low, field.high))
        return st.number_input(field.words, low, high, int(start), step=1, key=key, help=note)
    if field.kind == "number":
        return st.number_input(
            field.words, field.low, field.high, float(start), step=None, format="%g", key=key,
            help=note,
        )  # fmt: skip
    typed = st.text_input(field.words, _toml(start), key=key, help=f"{note} Written as in TOML.")
    return _from_toml(typed, field.default)


def _bounds(field: SettingField) -> str:
    if field.low is not None and field.high is not None:
        return f", from {field.low:g} to {field.high:g}"
    return f", at least {field.low:g}" if field.low is not None else ""


def _toml(value: Any) -> str:
    """A value as TOML writes it on a line; strings without their quotes, nothing for None."""
    import tomli_w

    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict):
        lines = tomli_w.dumps(value, multiline_strings=False).splitlines()
        return f"{{ {', '.join(lines)} }}" if lines else "{}"
    return tomli_w.dumps({"v": value}, multiline_strings=False).partition("=")[2].strip()


def _from_toml(text: str, default: Any) -> Any:
    if not text.strip():
        return default
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
