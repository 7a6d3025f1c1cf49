"""Whether the settings of the task fit a label, and what they weigh its classes; without torch."""

from __future__ import annotations

import numpy as np

from mmmie.corpus import Label
from mmmie.errors import InputError
from mmmie.training.config import TaskSettings

_OF_NUMBERS = ("l1", "mse", "huber")
_OF_CLASSES = ("cross_entropy", "focal")
_WHERE = "objective.task"


def check_task(label: Label, settings: TaskSettings) -> None:
    """Check that a loss is one of the kind of label that is predicted.

    Raises:
        InputError: one line that names the setting.
    """
    classes = label.classes
    fitting = _OF_CLASSES if classes else _OF_NUMBERS
    what = f"`{label.name}` has classes" if classes else f"`{label.name}` is a number"
    if settings.loss not in ("auto", *fitting):
        raise InputError(
            f"{_WHERE}.loss: is {settings.loss}, but {what}; use {', '.join(fitting)} or auto"
        )
    if not classes:
        for key, default in (("class_weights", "none"), ("label_smoothing", 0)):
            if getattr(settings, key) != default:
                raise InputError(f"{_WHERE}.{key}: is set, but {what}; set it to {default}")
        return
    if settings.loss == "focal" and settings.label_smoothing:
        raise InputError(
            f"{_WHERE}.label_smoothing: is {settings.label_smoothing:g}, which goes with "
            f"cross_entropy and not with focal; set it to 0"
        )
    if isinstance(settings.class_weights, dict):
        for name in settings.class_weights:
            if name not in classes:
                raise InputError(
                    f"{_WHERE}.class_weights: `{name}` is no class of `{label.name}`; use "
                    f"{', '.join(classes)}"
                )


def class_weights(label: Label, settings: TaskSettings, targets: np.ndarray) -> np.ndarray | None:
    """How much an utterance of each class counts, (C,); None where all count the same.

    Balanced weights are n / (classes · n_c) as in scikit-learn, over the classes that occur; what
    does not occur, and what a table does not name, counts 1.

    Args:
        targets: (n,) class indices of the train split.

    Example:
        >>> label = Label("mood", "classification", classes=("calm", "fear"))
        >>> class_weights(label, TaskSettings(class_weights="balanced"), np.array([0, 0, 0, 1]))
        array([0.66666667, 2.        ])
    """
    wanted = settings.class_weights
    if label.classes is None or wanted == "none":
        return None
    if isinstance(wanted, dict):
        return np.array([wanted.get(name, 1.0) for name in label.classes])
    counts = np.bincount(targets, minlength=len(label.classes))
    occurs = counts > 0
    return np.where(occurs, counts.sum() / (occurs.sum() * np.maximum(counts, 1)), 1.0)
