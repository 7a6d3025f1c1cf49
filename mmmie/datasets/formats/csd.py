"""Sets of ``.csd`` files of the CMU-MultimodalSDK: streams over time, cut at the labels' segments.

A file is HDF5: root / ``data`` / video / ``features`` (T, d) and ``intervals`` (T, 2) in seconds.
One file holds the labels, one row per segment; one may hold words. Needs ``pip install h5py``
(the extra ``csd``). Splits are in none of the files: a ``splits.csv`` of ``conversation,split``
beside them tells, else the names of the videos decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus.isolated_reading import probe
from mmmie.datasets.conversations import place_of, utterance_table
from mmmie.datasets.csv_and_parquet import read_any_table
from mmmie.datasets.file_kind import Format, Source, kind_of
from mmmie.datasets.formats.label_columns import sentiment_and_emotions
from mmmie.datasets.loose_values import Unusable, text_of
from mmmie.datasets.splits import SPLIT_NAMES, split_by_name
from mmmie.datasets.streamed_corpus import Reading, Stream
from mmmie.errors import InputError
from mmmie.reading import refuse_outside

_KINDS = {
    "text": ("glove", "bert", "word2vec", "wordvec", "text", "linguistic"),
    "audio": ("covarep", "opensmile", "acoustic", "audio", "collect", "wav2vec"),
    "vision": ("facet", "openface", "visual", "vision", "video"),
}
_FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, checksum, lzf: all that h5py has built in
_MOST_RATIO = 1100  # deflate packs at most 1032 to 1


@dataclass(frozen=True)
class _Segment:
    """What one label is about: its own key in the files, video, seconds, and the label (k,)."""

    key: str
    video: str
    start: float
    end: float
    label: np.ndarray


@dataclass(frozen=True)
class _Track:
    """One video in one file: features (T, d), still in the file, and intervals (T, 2)."""

    features: Any
    intervals: np.ndarray


Tracks = dict[str, _Track]


def is_csd(source: Source) -> bool:
    """Whether it is a folder with ``.csd`` files, or one of these."""
    if source.kind == "folder":
        return any(file.suffix == ".csd" for file in source.path.iterdir())
    return source.path.suffix == ".csd"


def read_csd(source: Source) -> Reading:
    """The corpus of all ``.csd`` files of a folder."""
    folder = source.path if source.kind == "folder" else source.path.parent
    files = sorted(folder.glob("*.csd"))
    _require(files)
    opened = {file: _open(file) for file in files}
    labels = [file for file, (root, _) in opened.items() if _is_labels(file, root)]
    if len(labels) != 1:
        raise Unusable(
            f"has {len(labels)} .csd files with `label` in the name of the file or its root; keep "
            f"exactly one file of labels"
        )
    segments, splits, notes = _in_splits(folder, _segments(opened.pop(labels[0])[1]))
    values_ = np.array([segment.label for segment in segments])
    values, emotions, more = sentiment_and_emotions(values_, "the labels")
    columns: dict[str, Any] = emotions | {
        "start": [segment.start for segment in segments],
        "end": [segment.end for segment in segments],
    }
    label, targets, told = source.label_of(values, labels[0].name, name="sentiment")
    more += told
    ids = _ids(segments)
    streams: dict[str, Stream] = {}
    for file, (root, tracks) in opened.items():
        if _holds_words(tracks):
            columns["transcript"] = [_sentence(_cut(tracks, segment)) for segment in segments]
            silent = [not said for said in columns["transcript"]]
            if any(silent):
                more.append(
                    f"{sum(silent):,} of {len(silent):,} utterances have no transcript, "
                    f"{ids[silent.index(True)]!r} first."
                )
        else:
            streams[_modality(file, root, streams)] = _stream(file, tracks, segments)
    table = utterance_table(
        ids,
        splits,
        targets,
        conversations=[segment.video for segment in segments],
        starts=[segment.start for segment in segments],
        columns=columns,
    )
    order = sorted(streams, key=lambda name: [*_KINDS, name].index(name))
    streams = {name: streams[name] for name in order}
    reading = source.reading(
        label, table, streams, description="Read from .csd files.", notes=[*notes, *more]
    )
    return replace(reading, name=folder.name)


def _require(files: list[Path]) -> None:
    """See that h5py is there, and that it can read the files."""
    try:
        import h5py  # noqa: F401
    except ImportError:
        raise InputError(
            f'{files[0]}: needs h5py to be read; run `pip install "mmmie[csd]"`'
        ) from None
    for file in files:
        refuse_outside(file, file.parent)
        if kind_of(file) != "hdf5":
            raise InputError(f"{file}: is no HDF5 file, or damaged; get the file again")
    probe("hdf5", *files)


def _open(file: Path) -> tuple[str, Tracks]:
    """The root's name, and the tracks by video."""
    import h5py

    try:
        stream = h5py.File(file, "r")
        roots = list(stream)
        if len(roots) != 1:
            raise Unusable(f"has {len(roots)} groups at its root; a .csd file has one")
        data = _child(_child(stream, roots[0]), "data")
        return roots[0], {name: _track(_child(data, name)) for name in data}
    except Unusable as error:
        raise InputError(f"{file}: {error}") from None
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise InputError(f"{file}: is not a readable .csd file ({detail}); get it again") from None


def _child(group: Any, name: str) -> Any:
    """A member of a group that lies in the same file."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise Unusable(f"`{name[:80]}` is missing or a link; keep everything in one file")
    return group[name]


def _track(group: Any) -> _Track:
    features, intervals = (_dataset(_child(group, key)) for key in ("features", "intervals"))
    steps = len(intervals)
    if features.ndim != 2 or intervals.shape != (steps, 2) or len(features) != steps:
        raise Unusable(f"features {features.shape} and intervals {intervals.shape} do not fit")
    if intervals.dtype.kind not in "fiu" or features.dtype.kind not in "fiuS":
        raise Unusable(f"features are of type {features.dtype}; numbers or words are expected")
    return _Track(features, np.asarray(intervals[:], np.float64))


def _dataset(dataset: Any) -> Any:
    """A dataset whose content is in this file, packed in a usual way and not claimed only."""
    import h5py

    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        raise Unusable("a dataset is kept in another file; keep everything in one")
    plan = dataset.id.get_create_plist()
    if any(plan.get_filter(i)[0] not in _FILTERS for i in range(plan.get_nfilters())):
        raise Unusable("a dataset is packed by a plug-in; pack it with gzip")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > _MOST_RATIO * stored + 2**16:
        raise Unusable(f"a dataset claims {dataset.nbytes:,} bytes but holds {stored:,}")
    return dataset


def _is_labels(file: Path, root: str) -> bool:
    return "label" in f"{file.stem} {root}".lower()


def _holds_words(tracks: Tracks) -> bool:
    return any(track.features.dtype.kind == "S" for track in tracks.values())


def _segments(tracks: Tracks) -> list[_Segment]:
    segments = []
    for name, track in tracks.items():
        values = np.asarray(track.features[:])
        if values.dtype.kind not in "fiu":
            raise Unusable("labels are words; numbers are expected")
        video, number = place_of(name) if name.endswith("]") else (name, None)
        for (start, end), label in zip(track.intervals, values, strict=True):
            key = name if number is not None else video
            segments.append(_Segment(key, video, float(start), float(end), label))
    if not segments or len({len(segment.label) for segment in segments}) != 1:
        raise Unusable("labels are missing or of different widths; get the file again")
    times = np.array([(segment.start, segment.end) for segment in segments])
    if not np.isfinite(times).all():
        raise Unusable("an interval of the labels is not finite; fix it")
    return segments


def _ids(segments: list[_Segment]) -> list[str]:
    """``video[k]``, k in the order of time, as the SDK calls segments."""
    frame = pd.DataFrame(
        {"video": [s.video for s in segments], "start": [s.start for s in segments]}
    )
    ranks = frame.groupby("video")["start"].rank(method="first").astype(int) - 1
    return [
        segment.key if segment.key != segment.video else f"{segment.video}[{rank}]"
        for segment, rank in zip(segments, ranks, strict=True)
    ]


def _steps(tracks: Tracks, segment: _Segment) -> tuple[_Track | None, np.ndarray]:
    """The track that covers a segment and its steps with the middle inside it (k,)."""
    if segment.key != segment.video and segment.key in tracks:
        track = tracks[segment.key]
        return track, np.arange(len(track.intervals))
    if segment.video not in tracks:
        return None, np.arange(0)
    track = tracks[segment.video]
    middle = track.intervals.mean(axis=1)
    return track, np.flatnonzero((segment.start <= middle) & (middle < segment.end))


def _cut(tracks: Tracks, segment: _Segment) -> np.ndarray:
    """Features of a segment (k, d); (0, 1) where the file has none."""
    track, steps = _steps(tracks, segment)
    return np.zeros((0, 1)) if track is None else _rows(track, steps)


def _rows(track: _Track, steps: np.ndarray) -> np.ndarray:
    if not len(steps):
        return np.zeros((0, track.features.shape[1]))
    first, last = int(steps.min()), int(steps.max())
    rows: np.ndarray = track.features[first : last + 1]
    return rows[steps - first]


def _stream(file: Path, tracks: Tracks, segments: list[_Segment]) -> Stream:
    dims = {track.features.shape[1] for track in tracks.values()}
    if not dims:
        raise Unusable(f"`{file.name}` holds no video; get it again or take it out of the folder")
    if len(dims) != 1:
        raise Unusable(f"`{file.name}` has {len(dims)} numbers of channels; one is expected")
    dim = dims.pop()
    found = [_steps(tracks, segment) for segment in segments]

    def item(row: int) -> np.ndarray:
        held, steps = found[row]
        return np.zeros((0, dim)) if held is None else _rows(held, steps)

    lengths = np.array([len(steps) for _, steps in found], np.int64)
    if not lengths.any():
        raise Unusable(
            f"`{file.name}` has no step in any labelled segment, such as {segments[0].video!r} "
            f"from {segments[0].start:g} s on; take it out of the folder, or get files that fit"
        )
    return Stream(dim, item, lengths, source=file.name)


def _modality(file: Path, root: str, taken: dict[str, Stream]) -> str:
    """text, audio or vision where the name tells, once each; else the name of the file."""
    described = f"{file.stem} {root}".lower()
    for name, words in _KINDS.items():
        if any(word in described for word in words) and name not in taken:
            return name
    return file.stem.lower()


def _sentence(words: np.ndarray) -> str:
    said = [text_of(word, "a word") for word in words.reshape(-1) if words.dtype.kind == "S"]
    return " ".join(word for word in said if word and word != "sp")  # sp: a short pause


def _in_splits(
    folder: Path, segments: list[_Segment]
) -> tuple[list[_Segment], list[str], list[str]]:
    """The segments that are in a split, their splits, and notes."""
    videos = [segment.video for segment in segments]
    file = folder / "splits.csv"
    if not file.is_file():
        note = "Splits are by video name, 70 % train, 15 % valid, 15 % test: not the standard ones."
        return segments, split_by_name(videos, (0.7, 0.15)), [note]
    known = _known_splits(file)
    outside = list(dict.fromkeys(video for video in videos if video not in known))
    kept = [segment for segment in segments if segment.video in known]
    if not kept:
        raise InputError(
            f"{file}: names none of the {len(outside):,} videos that have labels, such as "
            f"{outside[0]!r}; write them in the column `conversation` as the .csd files do"
        )
    notes = []
    if outside:
        shown = ", ".join(map(repr, outside[:3])) + ", …" * (len(outside) > 3)
        notes.append(
            f"{len(segments) - len(kept):,} utterances of {len(outside):,} videos that "
            f"`{file.name}` does not name were left out: {shown}."
        )
    return kept, [known[segment.video] for segment in kept], notes


def _known_splits(file: Path) -> dict[str, str]:
    """Video → split; videos without one are left out."""
    table = read_any_table(file).rows
    if not {"conversation", "split"} <= set(table):
        raise InputError(f"{file}: lacks `conversation` or `split`; add both columns")
    known: dict[str, str] = {}
    for row, (video, cell) in enumerate(zip(table["conversation"], table["split"], strict=True)):
        split = SPLIT_NAMES.get(cell.strip().lower()) if cell.strip() else ""
        if split is None:
            raise InputError(
                f"{file}: `split` of row {row + 1} is {cell[:40]!r}; use train, valid or test, or "
                f"leave the row out"
            )
        if known.setdefault(video.strip(), split) != split:
            raise InputError(f"{file}: {video!r} is in two splits; keep it in one")
    return {video: split for video, split in known.items() if split}


FORMAT = Format("CMU-MultimodalSDK .csd set", is_csd, read_csd)
