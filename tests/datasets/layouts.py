"""A corpus in the layouts of the field, quirks included, for tests of the readers."""

import json
import pickle

import numpy as np

STANDARD = {"train": "train", "valid": "valid", "test": "test"}
DEV = {"train": "train", "valid": "dev", "test": "test"}


def write_pickle(value, file, protocol=4):
    file.write_bytes(pickle.dumps(value, protocol))
    return file


def rows_of(corpus):
    return {split: corpus.rows(split) for split in corpus.splits}


def column(corpus, name, rows):
    return corpus.utterances[name].iloc[rows].tolist()


def padded(corpus, name, rows, longest, left=False):
    features = corpus.features[name]
    values = np.zeros((len(rows), longest, features.values.shape[1]), np.float32)
    for at, row in enumerate(rows):
        steps = features.of(row)
        values[at, slice(-len(steps), None) if left else slice(len(steps))] = steps
    return values


def segment_names(corpus, rows, form):
    places = zip(
        column(corpus, "conversation", rows), column(corpus, "position", rows), strict=True
    )
    return [form.format(*place) for place in places]


def mmsa(corpus, *, aligned=False, lists=False, sims=False, numpy_ids=False):
    """As in ``unaligned_50.pkl``; aligned files have no lengths, only token masks."""
    content = {}
    for split, rows in rows_of(corpus).items():
        lengths = corpus.features["text"].lengths[rows]
        longest = max(int(f.lengths.max()) for f in corpus.features.values()) + 3
        masks = (np.arange(longest) < lengths[:, None]).astype(np.float32)
        labels = np.array(column(corpus, "label", rows), np.float32)
        ids = segment_names(corpus, rows, "{}$_${}")
        part = {
            "raw_text": np.array(column(corpus, "transcript", rows)),
            "id": np.array(ids) if numpy_ids else ids,
            "text_bert": np.stack([masks * 101, masks, masks * 0], 1),
            "annotations": [
                ["Negative", "Neutral", "Positive"][int(np.sign(x)) + 1] for x in labels
            ],
            "classification_labels": np.sign(labels) + 1,
            "regression_labels": [np.float32(x) for x in labels] if lists else labels,
        }
        for name in ("text", "audio", "vision"):
            part[name] = padded(corpus, name, rows, longest)
            if not aligned and name != "text":
                steps = corpus.features[name].lengths[rows]
                part[f"{name}_lengths"] = [int(x) for x in steps] if lists else steps
        part["audio"][:, longest - 1] = -np.inf  # beyond the lengths
        if sims:
            for short in "TAV":
                part[f"regression_labels_{short}"] = labels / 2
        content[split] = part
    return content


def mult(corpus, *, left=True, ids="bytes"):
    """As in ``mosi_data.pkl``: bytes for ids; ``_noalign`` files have zeros before."""
    content = {}
    for split, rows in rows_of(corpus).items():
        part = {"labels": np.array(column(corpus, "label", rows), np.float32).reshape(-1, 1, 1)}
        starts = np.array(column(corpus, "position", rows)) * 2.5
        names = [
            (c, f"{s:.3f}", f"{s + 2:.3f}")
            for c, s in zip(column(corpus, "conversation", rows), starts, strict=True)
        ]
        if ids:
            part["id"] = np.array(names).astype("S20" if ids == "bytes" else object)
        for name in ("text", "audio", "vision"):
            part[name] = padded(corpus, name, rows, 9, left)
        content[split] = part
    return content


def segments(corpus, *, keys=DEV, words="ids", lengths=False, seven=False, ids="{}[{}]"):
    """As in MISA's ``train.pkl`` (ids), MAG-BERT's ``mosi.pkl`` (strings), MMIM's (lengths)."""
    content = {}
    for split, rows in rows_of(corpus).items():
        entries = []
        for row, name in zip(rows, segment_names(corpus, rows, ids), strict=True):
            said = corpus.utterances["transcript"].iloc[row].split()
            visual, acoustic = (corpus.features[m].of(row) for m in ("vision", "audio"))
            label = np.full((1, 7 if seven else 1), 0.5, np.float32)
            label[0, 0] = corpus.utterances["label"].iloc[row]
            if words == "strings":
                features = (said, visual, acoustic)
            elif lengths:
                more = np.zeros((2, visual.shape[1]), np.float32)
                steps = (len(visual), len(acoustic))
                visual, acoustic = (np.concatenate([x, more]) for x in (visual, acoustic))
                features = (np.arange(len(said)), visual, acoustic, said, *steps)
            else:
                features = (np.arange(len(said)), visual, acoustic, said)
            entries.append((features, label, name))
        content[keys[split]] = entries
    return content


def contextual(corpus, *, meld=False):
    """As in ``IEMOCAP_features.pkl`` or ``MELD_features_raw.pkl`` (no visual, one-hot speakers)."""
    table = corpus.utterances
    groups = {
        name: frame.sort_values("position").index for name, frame in table.groupby("conversation")
    }

    def each(make):
        return {name: [make(row) for row in rows] for name, rows in groups.items()}

    def speaker(row):
        second = table["speaker"].iloc[row] == "Bo"
        return [int(not second), int(second), 0] if meld else "FM"[int(second)]

    classes = list(corpus.label.classes)
    parts = [
        {name: [f"{name}_{i}" for i in range(len(rows))] for name, rows in groups.items()},
        each(speaker),
        each(lambda row: classes.index(table["label"].iloc[row])),
        *(each(lambda row, m=m: corpus.features[m].values[row]) for m in ("text", "audio")),
        *([] if meld else [each(lambda row: corpus.features["vision"].values[row])]),
        each(lambda row: table["transcript"].iloc[row]),
        {name for name, rows in groups.items() if table["split"].iloc[rows[0]] != "test"},
        [name for name, rows in groups.items() if table["split"].iloc[rows[0]] == "test"],
    ]
    if meld:
        parts.append(each(lambda row: classes.index(table["label"].iloc[row])))
    return tuple(parts)


def table_with_npy(corpus, folder, *, parquet=False, each=False):
    """A table, and (N, L, d) .npy files with lengths beside it, or one file per utterance."""
    folder.mkdir()
    table = corpus.utterances.copy()
    for name, features in corpus.features.items():
        if each:
            for row in range(len(corpus)):
                np.save(folder / f"{name}-{row}.npy", features.of(row))
            (folder / name).mkdir()
            for file in folder.glob(f"{name}-*.npy"):
                file.rename(folder / name / file.name)
            table[name] = [f"{name}/{name}-{row}.npy" for row in range(len(corpus))]
        else:
            np.save(folder / f"{name}.npy", padded(corpus, name, range(len(corpus)), 8))
            np.save(folder / f"{name}_lengths.npy", features.lengths)
    if parquet:
        table.to_parquet(folder / "labels.parquet")
    else:
        table.to_csv(folder / "labels.csv", index=False)
    return folder


def saved_dataset(corpus, folder):
    """What ``DatasetDict.save_to_disk`` of Hugging Face writes."""
    import pyarrow as pa

    folder.mkdir()
    for split, rows in rows_of(corpus).items():
        part = folder / split
        part.mkdir()
        table = corpus.utterances.iloc[rows].drop(columns="split").reset_index(drop=True)
        columns = {name: pa.array(table[name].tolist()) for name in table}
        for name, features in corpus.features.items():
            columns[name] = pa.array([features.of(row).tolist() for row in rows])
        made = pa.table(columns)
        with pa.ipc.new_stream(str(part / "data-00000-of-00001.arrow"), made.schema) as writer:
            writer.write_table(made)
        files = [{"filename": "data-00000-of-00001.arrow"}]
        (part / "state.json").write_text(json.dumps({"_data_files": files, "_split": split}))
        (part / "dataset_info.json").write_text("{}")
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(rows_of(corpus))}))
    return folder


def csd(corpus, folder, *, seven=False):
    """Streams over whole videos, labels a segment, words with pauses, as the SDK downloads."""
    import h5py

    folder.mkdir()
    table = corpus.utterances
    groups = {c: f.sort_values("position").index for c, f in table.groupby("conversation")}

    def write(name, root, make, dtype=np.float32):
        with h5py.File(folder / name, "w") as file:
            for video, rows in groups.items():
                values, intervals = zip(*(make(row) for row in rows), strict=True)
                group = file.create_group(f"{root}/data/{video}")
                values = np.concatenate(values).astype(dtype)
                group.create_dataset("features", data=values, compression="gzip")
                group.create_dataset("intervals", data=np.concatenate(intervals))
            file.create_group(f"{root}/metadata")

    def spread(row, count):
        edges = 3.0 * table["position"].iloc[row] + np.linspace(0, 2.9, count + 1)
        return np.stack([edges[:-1], edges[1:]], 1)

    def stream(name):
        return lambda row: (
            corpus.features[name].of(row),
            spread(row, len(corpus.features[name].of(row))),
        )

    def label(row):
        values = np.full((1, 7 if seven else 1), 0.5)
        values[0, 0] = table["label"].iloc[row]
        return values, spread(row, 1)

    def words(row):
        said = ["sp", *table["transcript"].iloc[row].split()]
        return np.array(said)[:, None], spread(row, len(said))

    write("CMU_MOSI_Opinion_Labels.csd", "Opinion Segment Labels", label)
    write("CMU_MOSI_TimestampedWords.csd", "words", words, "S32")
    write("CMU_MOSI_TimestampedWordVectors.csd", "glove_vectors", stream("text"))
    write("CMU_MOSI_COVAREP.csd", "COVAREP", stream("audio"))
    write("CMU_MOSI_Visual_Facet_42.csd", "FACET_4.2", stream("vision"))
    splits = table.drop_duplicates("conversation")[["conversation", "split"]]
    splits.to_csv(folder / "splits.csv", index=False)
    return folder
