"""The ``mmmie`` command: a thin shell over the Python API."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import click

from mmmie.errors import InputError

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_DATA = click.option("--data", help="`demo` or a corpus; the checkpoint's own if left out.")
_SPLIT = click.option("--split", default="valid", show_default=True, help="train, valid or test.")


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 failed, 2 bad input (one line on stderr)."""
    try:
        code = cli.main(arguments, prog_name="mmmie", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except InputError as error:
        _fail(str(error), 2)
    except click.exceptions.Abort:
        _fail("interrupted", 130)
    except click.ClickException as error:
        _fail(" ".join(error.format_message().split()) + "; see --help", 2)
    except BrokenPipeError:
        sys.exit(0)
    except (RuntimeError, MemoryError, OSError) as error:
        _fail(" ".join(str(error).split()) or type(error).__name__, 1)


def _fail(message: str, code: int) -> None:
    click.echo(f"mmmie: {message}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mmmie")
def cli() -> None:
    """Train, evaluate and inspect MMMIE models of multimodal sentiment."""


@cli.command()
@click.option("--data", help="`demo` or a corpus; with --resume the run's own if left out.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run folder.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="model.dim=64, …")
@click.option("--seed", type=int, help="Short for --set training.seed=S.")
@click.option("--epochs", type=int, help="Short for --set training.epochs=N.")
@click.option("--log", "loggers", multiple=True, help="tensorboard or mlflow; can be repeated.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--resume", is_flag=True, help="Go on after the last whole epoch of --out.")
@click.option("--queue", is_flag=True, help="Wait while a run beside --out has the device.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def train(
    data: str | None,
    out: Path,
    config_file: Path | None,
    overrides: tuple[str, ...],
    seed: int | None,
    epochs: int | None,
    loggers: tuple[str, ...],
    device: str,
    resume: bool,
    queue: bool,
    quiet: bool,
) -> None:
    """Train a model into a run folder."""
    from mmmie.training.config import load_config
    from mmmie.training.run_folder import RunFolder

    settings = list(overrides)
    if seed is not None:
        settings.append(f"training.seed={seed}")
    if epochs is not None:
        settings.append(f"training.epochs={epochs}")
    if loggers:
        settings.append(f"training.loggers={json.dumps(loggers)}")
    if resume:
        if settings or config_file:
            raise InputError(
                "--resume: takes the run's own configuration; leave out other settings"
            )
        run = RunFolder(out)
        if not run.exists:
            raise InputError(f"{out}: is no run folder to resume; leave out --resume to start")
        config_file = run.config
        data = data or load_config(config_file).data
    if data is None:
        raise InputError("--data: is missing; name `demo` or a corpus")
    config = load_config(config_file, settings)

    from mmmie.training.distribution import leave, process_rank
    from mmmie.training.run import train as train_run
    from mmmie.training.threads import choose_threads

    choose_threads(config.model)
    run = train_run(
        data, out, config, device=device, resume=resume, queue=queue, progress=not quiet
    )
    leave()
    if process_rank() > 0:
        return
    status = run.read_status()
    assert status is not None
    click.echo(f"{status.state} after epoch {status.epoch}: {run.path}")


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@_DATA
@_SPLIT
@_JSON
def evaluate(checkpoint: Path, data: str | None, split: str, as_json: bool) -> None:
    """Metrics of a checkpoint on a split."""
    opened, corpus = _open(checkpoint, data)
    _print(opened.evaluate(corpus, split), as_json)


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@_DATA
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A CSV file.")
def predict(checkpoint: Path, data: str | None, out: Path) -> None:
    """Predict every utterance of a corpus, labelled or not, into a CSV file."""
    opened, corpus = _open(checkpoint, data, unlabelled=True)

    from mmmie.analysis.predicting import missing_modalities
    from mmmie.csv_export import csv_text
    from mmmie.files import write_text

    missing = missing_modalities(opened.info, corpus)
    if missing:
        click.echo(
            f"mmmie: {corpus.where} has no {', '.join(missing)}; predicted without", err=True
        )
    table = opened.predict(corpus)
    if not out.parent.is_dir():
        raise InputError(f"{out}: its folder does not exist; make it or name another file")
    write_text(out, csv_text(table))
    click.echo(f"{len(table)} predictions: {out}")


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@_DATA
@_SPLIT
@_JSON
def identity(checkpoint: Path, data: str | None, split: str, as_json: bool) -> None:
    """What the identity embedding does: metrics under interventions on it."""
    from mmmie.analysis.identity_effect import identity_effect

    opened, corpus = _open(checkpoint, data)
    _print(identity_effect(corpus, opened.outputs(corpus, split)), as_json)


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@_DATA
@_SPLIT
@click.option("--nonlinear", is_flag=True, help="Also small non-linear probes: some seconds more.")
@_JSON
def probe(checkpoint: Path, data: str | None, split: str, nonlinear: bool, as_json: bool) -> None:
    """Leakage and content of the codes: probes, alignment and retrieval."""
    from mmmie.analysis.probes import leakage_tables, probe_report

    opened, corpus = _open(checkpoint, data)
    report = probe_report(corpus, opened.outputs(corpus, split), nonlinear)
    if as_json:
        _print(report, as_json)
        return
    _print({name: report[name] for name in ("codes", "retrieval")}, as_json)
    shown = ["reading", "probe", "code", "target", "wanted", "limit", "value", "low", "high"]
    table = leakage_tables(report)[[*shown, "verdict"]]
    click.echo(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"))


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--utterance", required=True, help="The id of the utterance to explain.")
@click.option("--class", "class_name", help="The class to explain; else the predicted one.")
@_DATA
@_SPLIT
@_JSON
def explain(
    checkpoint: Path,
    utterance: str,
    class_name: str | None,
    data: str | None,
    split: str,
    as_json: bool,
) -> None:
    """What modalities, turns and channels add to one prediction, and modalities over a split."""
    from mmmie.analysis.explain import explain_report

    opened, corpus = _open(checkpoint, data)
    _print(explain_report(opened, corpus, utterance, split, class_name), as_json)


@cli.command()
@click.argument("x", type=click.Path(path_type=Path))
@click.argument("y", type=click.Path(path_type=Path))
@click.option(
    "--estimator",
    required=True,
    help="Lower bounds: infonce, nwj, dv, smile, js, ba. Upper: club, vclub-s, l1out, vub. "
    "Neither: doe, ksg, cca.",
)
@click.option("--steps", default=2000, show_default=True, help="The most steps of Adam.")
@click.option("--batch-size", default=64, show_default=True, help="Pairs a batch.")
@click.option("--hidden", default=256, show_default=True, help="Width of the networks.")
@click.option("--transform", default="none", show_default=True, help="none or copula.")
@click.option("--critic", help="separable or joint, for lower bounds with a critic.")
@click.option("--conditional", help="gaussian or flow, for those with a learned q(y | x).")
@click.option("--entropy-y", type=float, help="H(y) in nats where it is known, for ba.")
@click.option("--details", is_flag=True, help="Also what it assumes, how it fits and doubts.")
@click.option("--seed", default=0, show_default=True)
@_JSON
def mi(x: Path, y: Path, details: bool, as_json: bool, **options: Any) -> None:
    """Estimate the mutual information of two arrays, pairs in rows, in nats."""
    from mmmie.mi import estimate

    result = estimate(_load_array(x), _load_array(y), **options)
    keys = ["estimator", "nats", "std", "bound", "ceiling", "seconds"]
    if details:
        keys += ["n", "dim_x", "dim_y", "batch_size", "seed", "assumes", "doubt", "fit"]
    _print({key: getattr(result, key) for key in keys}, as_json)
    if not as_json:
        click.echo(result.sentence)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", help="`demo` or a corpus, in place of the file's.")
@click.option("--out", type=click.Path(path_type=Path), help="default: runs/experiments/NAME")
@click.option("--processes", type=click.IntRange(1), help="Trials at once; default: cores or GPUs.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value="local",
    metavar="[ADDRESS]",
    help="Run on a Ray cluster (`auto`: the one this machine is in); alone: Ray on this machine.",
)
@click.option("--keep-runs", is_flag=True, help="Keep the weights of every run.")
@click.option("--dry-run", is_flag=True, help="Only list the trials and how they stand.")
@click.option("--report-only", is_flag=True, help="Only write table and report again.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def experiment(
    file: Path,
    data: str | None,
    out: Path | None,
    dry_run: bool,
    report_only: bool,
    **options: Any,
) -> int:
    """Run a grid of settings and seeds; go on where it stopped; write one table and one report."""
    from mmmie.experiments.run import Experiment

    planned = Experiment(file, data, out)
    if dry_run:
        for trial, state in planned.states():
            click.echo(f"{state:9} seed {trial.seed:<4} {trial.configuration.name}")
        return 0
    if report_only:
        planned.report()
    else:
        planned.run(**options)
    states = [state for _, state in planned.states()]
    counts = [f"{states.count(s)} {s}" for s in ("finished", "failed", "stopped", "waiting")]
    said = ", ".join(count for count in counts if not count.startswith("0 "))
    click.echo(f"{said}: {planned.folder.html}")
    return 1 if "failed" in states else 0


@cli.group()
def data() -> None:
    """Look at and convert corpora."""


@data.command("info")
@click.argument("path")
@_JSON
def data_info(path: str, as_json: bool) -> None:
    """What is in a corpus, and which format it is of."""
    from mmmie.analysis.corpus_summary import corpus_summary
    from mmmie.datasets import recognise_corpus

    name, corpus = recognise_corpus(path, unlabelled=True)
    _print({"format": name, **corpus_summary(corpus)}, as_json)


@data.command("convert")
@click.argument("source")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    default="folder",
    type=click.Choice(["folder", "mmsa"]),
    show_default=True,
    help="A corpus folder, or a pickle for MMSA.",
)
def data_convert(source: str, destination: Path, target: str) -> None:
    """Write a corpus of any format as a corpus folder or as a pickle for MMSA."""
    from mmmie.datasets import convert_corpus, load_corpus

    if target == "mmsa":
        from mmmie.corpus import SPLITS
        from mmmie.datasets.mmsa import save_mmsa

        corpus = load_corpus(source)
        save_mmsa(corpus, destination)
        count = len(corpus)
        for split in sorted(set(SPLITS) - set(corpus.splits)):
            click.echo(
                f"no utterance has split `{split}`, and MMSA's loader opens no file without: "
                "put some conversations in it before you use MMSA",
                err=True,
            )
    else:
        count = convert_corpus(source, destination)
    click.echo(f"{count} utterances: {destination}")


@data.command("extract")
@click.argument("clips", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--table", type=click.Path(path_type=Path), help="default: CLIPS/utterances.csv")
@click.option("--audio", default="opensmile", show_default=True, help="opensmile, librosa or none.")
@click.option("--step", default=0.1, show_default=True, help="Seconds a step of a sequence.")
@click.option("--fps", type=float, help="Frames a second of vision tables without timestamps.")
@click.option(
    "--confidence", default=0.8, show_default=True, help="The least of a face that is kept."
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def data_extract(clips: Path, destination: Path, quiet: bool, **options: Any) -> None:
    """Make a corpus folder from clips: voice, face and words of the files that a table names.

    A row of the table is an utterance: the columns of a corpus, and paths inside CLIPS in `audio`
    (sound or video), `vision` (CSV of OpenFace or py-feat) and `transcript_file` (.txt, .srt or
    .vtt).
    """
    from mmmie.extraction import extract_corpus

    made = extract_corpus(clips, destination, progress=not quiet, **options)
    click.echo(f"{made.utterances} utterances: {destination}")
    for note in made.notes:
        click.echo(note)


@cli.group()
def jobs() -> None:
    """Watch and steer training runs."""


@jobs.command("list")
@click.argument("folder", default="runs", type=click.Path(path_type=Path))
@_JSON
def jobs_list(folder: Path, as_json: bool) -> None:
    """The runs inside a folder (default: runs), or one run."""
    from mmmie.jobs import ahead, list_runs, observe, silent_seconds
    from mmmie.training.run_folder import RunFolder

    if not folder.exists():
        raise InputError(f"{folder}: there is no such folder; name one that holds runs")
    run = RunFolder(folder)
    entries = []
    for found in [run] if run.exists else list_runs(folder):
        status = observe(found)
        entries.append(
            {
                "run": str(found.path),
                "state": status.state if status else None,
                "epoch": status.epoch if status else None,
                "epochs": status.epochs if status else None,
                "progress": status.progress if status else None,
                "error": status.error if status else None,
                "silent_seconds": silent_seconds(status) if status else 0.0,
                "behind": [str(before.path) for before in ahead(found)],
            }
        )
    if as_json:
        click.echo(json.dumps(entries, indent=1))
        return
    for entry in entries:
        done = f"{entry['epoch']}/{entry['epochs']}"
        click.echo(f"{entry['state']!s:9} {done}  {entry['run']}{_remark(entry)}")


def _remark(entry: dict[str, Any]) -> str:
    if entry["error"]:
        return f"  {entry['error']}"
    if entry["behind"]:
        return f"  behind {', '.join(entry['behind'])}"
    silent = entry["silent_seconds"]
    return f"  no sign of life for {silent:.0f} s" if silent else ""


def _steer(wish: str, run_path: Path) -> None:
    from mmmie.jobs.steer import steer

    click.echo(steer(run_path, wish))


@jobs.command("pause")
@click.argument("run", type=click.Path(path_type=Path))
def jobs_pause(run: Path) -> None:
    """Pause a run within one batch."""
    _steer("pause", run)


@jobs.command("resume")
@click.argument("run", type=click.Path(path_type=Path))
def jobs_resume(run: Path) -> None:
    """Go on with a paused run, or start a stopped or failed one again where it was."""
    _steer("resume", run)


@jobs.command("step")
@click.argument("run", type=click.Path(path_type=Path))
def jobs_step(run: Path) -> None:
    """Train to the end of one epoch, then pause."""
    _steer("step", run)


@jobs.command("stop")
@click.argument("run", type=click.Path(path_type=Path))
def jobs_stop(run: Path) -> None:
    """End a run; its checkpoints stay and it can be resumed."""
    _steer("stop", run)


def _open(checkpoint: Path, data: str | None, unlabelled: bool = False) -> tuple[Any, Any]:
    from mmmie.analysis.checkpoints import load_checkpoint

    opened = load_checkpoint(checkpoint)
    return opened, opened.corpus(data, unlabelled=unlabelled)


def _load_array(file: Path) -> Any:
    import numpy as np

    try:
        array = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file; name a .npy file") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{file}: is no readable .npy array ({error})") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise InputError(f"{file}: holds no array of numbers; save one with numpy.save")
    return array


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_strict(report), indent=1, allow_nan=False))
        return
    _print_lines(_strict(report), "")


def _print_lines(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _print_lines(inner, f"{path}{' · ' if path else ''}{key}")
        return
    shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else value
    click.echo(f"{path:48} {shown}")


def _strict(value: Any) -> Any:
    """What JSON can say: NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
