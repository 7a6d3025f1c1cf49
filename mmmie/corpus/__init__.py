"""What a corpus is: its table and features in memory, its folder, its archive and its checks."""

from mmmie.corpus.corpus import (
    GIVEN_COLUMNS,
    NO_LABEL,
    REQUIRED_COLUMNS,
    SPLITS,
    STANDARD_COLUMNS,
    TIME_COLUMNS,
    Corpus,
    Features,
    Kind,
    Label,
    Level,
    Modality,
    absent_features,
    no_context,
    no_labels,
)

__all__ = [
    "GIVEN_COLUMNS",
    "NO_LABEL",
    "REQUIRED_COLUMNS",
    "SPLITS",
    "STANDARD_COLUMNS",
    "TIME_COLUMNS",
    "Corpus",
    "Features",
    "Kind",
    "Label",
    "Level",
    "Modality",
    "absent_features",
    "no_context",
    "no_labels",
]
