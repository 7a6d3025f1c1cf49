"""What the codes hold: probes cross-validated by conversation, alignment and leakage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.codes.alignment import cka_table, retrieval_report
from mmmie.analysis.codes.claims import LABEL, leakage_table
from mmmie.analysis.codes.readouts import (
    DRAWS,
    KINDS,
    READINGS,
    Contents,
    Probe,
    Reading,
    code_name,
    read_codes,
    read_contents,
)
from mmmie.analysis.codes.speaker_probe import SpeakerTask, speaker_task, speaker_told
from mmmie.analysis.errors.resampling import conversation_codes
from mmmie.analysis.outputs import SplitOutputs
from mmmie.corpus import Corpus

# Which reading the keys `codes` of the report hold. The bounds of the objective are about
# samples; means show more, also what is far below the code's own noise.
REPORTED_READING: Reading = "means"


def probe_report(corpus: Corpus, outputs: SplitOutputs, nonlinear: bool = False) -> dict[str, Any]:
    """The report of ``mmmie probe``.

    Args:
        nonlinear: whether to run the non-linear probes too, which take some seconds.

    Returns:
        ``codes`` → kind → modality → {``modality_accuracy``: how often a linear classifier
        tells from a code of this modality which one it comes from, None with one modality;
        ``label_r2``: of a ridge readout of the label; ``latents``: column → R², for the
        columns ``latent_…``}; ``retrieval`` → pair → recall of the same utterance;
        ``readings`` → ``means`` and ``samples`` → {``linear`` and, where asked for,
        ``nonlinear``: as ``codes``; ``speaker_accuracy``: kind → modality → accuracy;
        ``cka``: code → code → linear CKA}; ``speaker``: who was to be told apart, or why
        nobody; ``leakage``: rows of `leakage_tables`; ``draws``: samples of every code.
    """
    groups = conversation_codes(corpus, outputs.rows)
    task = speaker_task(corpus, outputs.rows, groups)
    probes: list[Probe] = ["linear", "nonlinear"] if nonlinear else ["linear"]
    readings: dict[str, dict[str, Any]] = {}
    tables = []
    for reading in READINGS:
        draws = read_codes(outputs, reading)
        speakers = speaker_told(draws, task, groups)
        readings[reading] = {
            "speaker_accuracy": _speaker_accuracy(outputs.modalities, speakers, task),
            "cka": cka_table(draws),
        }
        for probe in probes:
            contents = read_contents(
                draws, outputs.modalities, probe_targets(corpus, outputs.rows), groups, probe
            )
            readings[reading][probe] = _codes_report(contents, outputs.modalities)
            # who speaks is probed linearly only
            told = speakers if probe == "linear" else {}
            table = leakage_table(contents, outputs.modalities, groups, task, told)
            tables.append(table.assign(reading=reading, probe=probe))
    return {
        "codes": readings[REPORTED_READING]["linear"],
        "retrieval": retrieval_report(outputs),
        "readings": readings,
        "speaker": {
            "speakers": task.speakers,
            "utterances": int((task.who >= 0).sum()),
            "chance": task.chance,
            "reason": task.reason,
        },
        "leakage": pd.concat(tables, ignore_index=True).to_dict("records"),
        "draws": DRAWS,
    }


def leakage_tables(report: dict[str, Any]) -> pd.DataFrame:
    """`leakage_table` for every reading and probe, with the columns `reading` and `probe`.

    Args:
        report: from `probe_report`.
    """
    return pd.DataFrame(report["leakage"])


def probe_targets(corpus: Corpus, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What probes read: ``label`` and every numeric column ``latent_…`` without gaps, (n, k)."""
    table = corpus.utterances.iloc[rows]
    latents = [
        str(c)
        for c in table.columns
        if str(c).startswith("latent_") and pd.api.types.is_numeric_dtype(table[c])
    ]
    return {
        LABEL: label_matrix(corpus, rows),
        **{c: table[[c]].to_numpy(float) for c in latents if table[c].notna().all()},
    }


def label_matrix(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Labels as columns: (n, 1) numbers, or (n, classes) indicators."""
    targets = corpus.targets[rows]
    if corpus.label.classes is None:
        return targets[:, None].astype(float)
    return np.eye(len(corpus.label.classes))[targets]


def _codes_report(contents: Contents, modalities: list[str]) -> dict[str, dict[str, Any]]:
    latents = [target for target in contents.total if target != LABEL]
    return {
        kind: {
            m: {
                "modality_accuracy": contents.modality_accuracy(code_name(kind, m)),
                "label_r2": contents.r2(code_name(kind, m), LABEL),
                "latents": {latent: contents.r2(code_name(kind, m), latent) for latent in latents},
            }
            for m in modalities
        }
        for kind in KINDS
    }


def _speaker_accuracy(
    modalities: list[str], told: dict[str, np.ndarray], task: SpeakerTask
) -> dict[str, dict[str, float | None]]:
    part = task.who >= 0
    return {
        kind: {
            m: float(told[code_name(kind, m)][part].mean()) if told else None for m in modalities
        }
        for kind in KINDS
    }
