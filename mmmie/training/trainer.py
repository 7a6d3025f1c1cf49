"""The training loop: it knows the model, the objective and its callbacks, and no screen."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmmie.corpus import Corpus
from mmmie.corpus.fitting import label_words, same_scale
from mmmie.errors import InputError
from mmmie.metrics import metrics_for, primary_metric
from mmmie.model.batch import Codes
from mmmie.model.inference import encode_rows, predict_windows, windows_of
from mmmie.model.mmmie import MMMIE
from mmmie.training.batches import Batches, Step
from mmmie.training.callbacks import Callback, Training
from mmmie.training.checkpoint_files import (
    CheckpointInfo,
    read_checkpoint_info,
    take_weights,
    write_checkpoint,
)
from mmmie.training.config import Config
from mmmie.training.devices.device_memory import forget_peak, peak_memory
from mmmie.training.devices.distribution import Ranks, make_accelerator
from mmmie.training.devices.precision import mixed_precision
from mmmie.training.devices.replica import Replica
from mmmie.training.early_stopping import is_better, patience_ran_out
from mmmie.training.measured_bounds import check, measure, measured_rows, sample_codes
from mmmie.training.modality_dropout import modality_carryover
from mmmie.training.objective.objective import Objective
from mmmie.training.optimiser import (
    WeightAverage,
    conditional_optimiser,
    make_optimiser,
    one_cycle,
    take_up_schedule,
)
from mmmie.training.trained_text import TrainedText

_CHECK_NOISE = 1


class TrainingError(RuntimeError):
    """Training cannot continue; the message names the term and the fix."""


class Trainer(Training):
    """Trains a model on the train split of a corpus and chooses the epoch on its valid split.

    Everything random is a function of the seed, the epoch and the rank, so a run that resumes at
    an epoch, on as many processes as before, gives the weights of one that was never interrupted
    (bit for bit on a CPU). On another number of processes it continues with the same weights,
    optimisers, schedule and batches, and with other noise.

    Args:
        callbacks: what watches and steers; those of the first rank alone are called. They see the
            attributes of `Training`.
        start: the checkpoint whose weights it starts from, in place of fresh ones.

    Attributes:
        ranks: the processes that train together, see `mmmie.training.devices.distribution`.
        model: the model in its present state.
        objective: the loss, with the critics in their present state.
        average: the running mean of both, which is judged and kept.
        best_metrics: all validation metrics of the best epoch.

    Raises:
        InputError: a split or a modality is missing, or the device is not there.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: Config,
        device: str = "auto",
        callbacks: list[Callback] | None = None,
        start: Path | None = None,
    ) -> None:
        self.config, self.callbacks, self._start = config, callbacks or [], start
        self.accelerator = make_accelerator(device, mixed_precision(config, device))
        self.device = self.accelerator.device
        if self.device.type == "cpu":  # accelerate numbers the CPU by rank, but there is one
            self.device = torch.device("cpu")
        self.ranks = Ranks.of(self.accelerator)
        self._open(corpus)
        self._build()
        self._prepare()
        self.primary, self.higher_is_better = primary_metric(self.corpus.label.kind)
        self.epoch = self.best_epoch = 0
        self.best_score: float | None = None
        self.best_metrics: dict[str, Any] = {}
        self.stop_reason: str | None = None
        self.extended = False
        self.waited = 0.0

    def _open(self, corpus: Corpus) -> None:
        """The corpus as it is trained on, and which utterances make a step."""
        settings, training = self.config.model, self.config.training
        with self.accelerator.local_main_process_first():  # others find what it has encoded
            self.text = TrainedText(settings, corpus, self.device)
        corpus = self.text.corpus
        self.corpus = corpus.with_modalities(settings.modalities or list(corpus.modalities))
        self.train_rows, self.valid_rows = self.corpus.rows("train"), self.corpus.rows("valid")
        self.valid_windows = windows_of(self.corpus, self.valid_rows, settings)
        self.batches = Batches(
            self.corpus, self.train_rows, settings, training.batch_size, training.segment
        )

    def _build(self) -> None:
        """Model and objective, and the features as the model takes them."""
        torch.manual_seed(self.config.training.seed)
        self.carryover = {
            name: modality_carryover(self.corpus, name, self.train_rows, self.valid_rows)
            for name in self.corpus.modalities
        }
        self.model = self._untrained_model()
        self.objective = Objective(
            self.model, self.config.objective, self.corpus.targets[self.train_rows]
        )
        self.store = self.text.store(self.corpus, self.model, self.device)

    def _untrained_model(self) -> MMMIE:
        corpus, config, wanted = self.corpus, self.config, self.config.training.modality_dropout
        model = MMMIE(corpus.modalities, corpus.label, config.model, self.text.network)
        model.standardise_by(corpus, self.train_rows)
        if self._start is not None:
            take_weights(model, read_checkpoint_info(self._start), config)
        for m, name in enumerate(corpus.modalities):
            if isinstance(wanted, dict):
                hidden = wanted.get(name, 0.0)
            else:
                hidden = self.carryover[name].dropout if wanted == "auto" else wanted
            model.keep[m] = 1 - hidden
        return model

    def _prepare(self) -> None:
        """What moves the weights: the loss on all processes, optimisers, schedule, mean."""
        model, objective, training = self.model, self.objective, self.config.training
        labels = torch.tensor(self.corpus.targets, device=self.device)
        replica = Replica(
            model, objective, self.ranks, self.store, labels, compile=training.compile
        )
        optimiser = make_optimiser(model, objective, self.config)
        self.schedule = one_cycle(optimiser, training.epochs * len(self.batches))
        self.replica, self.optimiser = self.accelerator.prepare(replica, optimiser)
        conditional = conditional_optimiser(objective, self.config)
        self.conditional_optimiser = self.accelerator.prepare(conditional) if conditional else None
        self.average = WeightAverage(model, objective, training.averaging)

    def fit(self) -> None:
        """Train until the last epoch, until patience runs out, or until a callback stops it.

        Raises:
            TrainingError: a term of the loss is not finite.
            InputError: the processes that train together were not started alike.
        """
        if self.ranks.count > 1:
            settings = self.config.model_dump(exclude={"data"})  # paths may differ
            self.ranks.check_same(f"{self.corpus.fingerprint} {settings} {self.epoch}")
        if not self.ranks.first:
            self._follow()
            return
        if not self.best_metrics:
            self.best_metrics = self.validate()[0]
        self._call("on_start")
        while self.epoch < self.config.training.epochs:
            if self._patience_ran_out():
                self.stop_reason = self.stop_reason or "patience"
            if self.ranks.agree(self.stop_reason is not None):
                self.stop_reason = self.stop_reason or "stop"
                break
            started, self.waited = time.perf_counter(), 0.0
            train = self._train_epoch()
            if train is None:
                break
            self.epoch += 1
            valid, bounds = self.validate()
            score = valid[self.primary]
            improved = is_better(score, self.best_score, self.higher_is_better)
            if improved:
                self.best_score, self.best_epoch, self.best_metrics = score, self.epoch, valid
            if self._check_is_due():
                bounds.update(self._check())
            metrics = {
                "epoch": self.epoch,
                "seconds": time.perf_counter() - started - self.waited,
                **train,
                **{f"valid/{key}": v for key, v in valid.items() if not isinstance(v, dict)},
                **bounds,
                **peak_memory(self.device),
            }
            self._call("on_epoch", metrics, improved)
        self._call("on_end")

    def validate(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Metrics on the valid split, and the bounds there in nats."""
        codes = encode_rows(self.average.model, self.store, self.valid_rows)
        outputs = predict_windows(self.average.model, codes, self.valid_windows)
        self.validated = codes, outputs
        labels = self.corpus.targets[self.valid_rows]
        bounds = measure(self.average.objective, self._measured_codes(codes))
        return metrics_for(self.corpus.label, outputs.output, labels), bounds

    def info(self, folder: Path) -> CheckpointInfo:
        """What a checkpoint of the present state says about itself."""
        corpus = self.corpus
        return CheckpointInfo(
            folder=folder,
            config=self.config,
            label=corpus.label,
            modalities=self.text.modalities(corpus.modalities, self.average.model),
            corpus={
                "name": corpus.name,
                "path": str(corpus.path.resolve()) if corpus.path else None,
                "fingerprint": corpus.data_fingerprint,
            },
            metrics=self.best_metrics,
            epoch=self.best_epoch,
            carryover={
                name: {**asdict(c), "dropout": 1 - kept}
                for kept, (name, c) in zip(
                    self.model.keep.tolist(), self.carryover.items(), strict=True
                )
            },
            facts=corpus.facts,
        )

    def save_checkpoint(self, folder: Path) -> None:
        """Write model, configuration and card into an existing, empty folder."""
        write_checkpoint(folder, self.average.model, self.info(folder))
        self.text.save(folder)

    def save_state(self, folder: Path) -> None:
        """`save_checkpoint`, and what exact resumption needs."""
        self.save_checkpoint(folder)
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "objective": self.objective.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "conditional_optimiser": (
                    self.conditional_optimiser.state_dict() if self.conditional_optimiser else None
                ),
                "schedule": self.schedule.state_dict(),
                "epoch": self.epoch,
                "best_score": self.best_score,
                "best_epoch": self.best_epoch,
                "best_metrics": self.best_metrics,
            },
            folder / "training_state.pt",
        )

    def load_state(self, folder: Path) -> None:
        """Take up where `save_state` left off.

        Raises:
            InputError: the state is missing or unreadable, or of labels on another scale.
        """
        label = read_checkpoint_info(folder).label
        if not same_scale(label, self.corpus.label):
            raise InputError(
                f"{self.corpus.where}: `label` is {label_words(self.corpus.label)}, but "
                f"{folder.parent} was trained on {label_words(label)}; resume it on its own corpus"
            )
        file = folder / "training_state.pt"
        try:
            state = torch.load(file, map_location=self.device, weights_only=True)
        except Exception as error:  # torch raises many kinds for a broken file
            raise InputError(f"{file}: cannot be read ({error}); start the run anew") from None
        if "average" not in state:
            raise InputError(f"{file}: was written by an older version; start the run anew")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.objective.load_state_dict(state["objective"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.conditional_optimiser is not None:
            self.conditional_optimiser.load_state_dict(state["conditional_optimiser"])
        self.extended = take_up_schedule(self.schedule, state["schedule"])
        self.epoch, self.best_epoch = state["epoch"], state["best_epoch"]
        self.best_score, self.best_metrics = state["best_score"], state["best_metrics"]

    def _follow(self) -> None:
        """`fit` of every rank but the first, which judges, keeps and steers for all."""
        while self.epoch < self.config.training.epochs:
            if self.ranks.agree(self.stop_reason is not None) or self._train_epoch() is None:
                break
            self.epoch += 1

    def _train_epoch(self) -> dict[str, float] | None:
        """One pass; None if a callback stopped it half-way."""
        seed = self.config.training.seed
        torch.manual_seed(self.ranks.seed(seed * 100_003 + self.epoch + 1))
        forget_peak(self.device)
        self.model.train()
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.device))
        for step, batch in enumerate(self.batches.epoch(seed, self.epoch), start=1):
            for name, value in self._step(batch, step).items():
                sums[name] += value
            if self.ranks.first:
                self._call("on_batch", step, len(self.batches))
            if self.ranks.agree(self.stop_reason is not None):
                self.stop_reason = self.stop_reason or "stop"
                return None
        return {f"train/{name}": float(total) / len(self.batches) for name, total in sums.items()}

    def _step(self, batch: Step, step: int) -> dict[str, Tensor]:
        """One step: the loss, its gradient, the weights, their mean; then the conditionals."""
        terms, codes = self.replica(batch)
        loss = torch.stack(list(terms.values())).sum()
        if not torch.isfinite(loss):
            self._raise_not_finite(terms, step)
        self.optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        for group in self.optimiser.param_groups:
            self.accelerator.clip_grad_norm_(group["params"], self.config.training.clip)
        self.optimiser.step()
        self.schedule.step()
        self.average.update()
        self._fit_conditionals(codes)
        return {"loss": loss.detach(), **{name: t.detach() for name, t in terms.items()}}

    def _fit_conditionals(self, codes: Codes) -> None:
        """A step of the learned conditionals on the codes of a batch, where there are any."""
        if self.conditional_optimiser is None:
            return
        with torch.autocast(self.device.type, enabled=False):
            fit = self.objective.conditional_loss(codes)
        if fit is not None:
            self.conditional_optimiser.zero_grad(set_to_none=True)
            self.accelerator.backward(fit)
            self.ranks.average_gradients(self.objective.conditionals)
            self.conditional_optimiser.step()

    def _raise_not_finite(self, terms: dict[str, Tensor], step: int) -> None:
        bad = next((name for name, t in terms.items() if not torch.isfinite(t)), "their sum")
        raise TrainingError(
            f"loss term `{bad}` is not finite in epoch {self.epoch + 1}, step {step}; lower "
            f"training.learning_rate or the weight of this term"
        )

    def _check_is_due(self) -> bool:
        training = self.config.training
        every = training.mi_check_every
        if every == 0 or len(self.corpus.modalities) < 2:
            return False
        last = self.epoch == training.epochs or self._patience_ran_out()
        return last or self.epoch % every == 0

    def _check(self) -> dict[str, float]:
        """What pairs of modalities share, by fresh critics; it moves nothing of the training."""
        rows = self.train_rows[measured_rows(len(self.train_rows))]
        known = encode_rows(self.average.model, self.store, rows)
        every = torch.arange(len(rows), device=self.device)
        judged = self.valid_rows[measured_rows(len(self.valid_rows))]
        conversation = torch.from_numpy(self.corpus.utterances["conversation"].factorize()[0])
        return check(
            list(self.corpus.modalities),
            sample_codes(known, every, self.config.model.stochastic, _CHECK_NOISE),
            self._measured_codes(self.validated[0]),
            conversation[rows],
            conversation[judged],
        )

    def _measured_codes(self, codes: Codes) -> Codes:
        """A fixed sample of the valid split, with fixed noise."""
        rows = torch.from_numpy(measured_rows(len(codes.present))).to(self.device)
        return sample_codes(codes, rows, self.config.model.stochastic)

    def _patience_ran_out(self) -> bool:
        return patience_ran_out(self.epoch, self.best_epoch, self.config.training.patience)

    def _call(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self, *arguments)
