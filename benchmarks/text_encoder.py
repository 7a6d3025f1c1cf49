"""What a text encoder costs: encoding, an epoch frozen and fine-tuned, opening the checkpoint.

    python benchmarks/text_encoder.py CORPUS [--layers 2] [--width 32] [--epochs 3]

The encoder is a BERT with random weights that knows the words of the corpus, so the times are those
of a real one of that size and the errors mean nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import mmmie

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def random_bert(folder: Path, transcripts: list[str], layers: int, width: int) -> None:
    """Write a BERT that knows every word of the transcripts."""
    words = sorted({word for text in transcripts for word in re.findall(r"\w+", text.lower())})
    vocabulary = {piece: i for i, piece in enumerate([*_SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, ends)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": width, "num_hidden_layers": layers, "intermediate_size": 4 * width}
    heads = max(1, width // 64)
    BertModel(
        BertConfig(vocab_size=len(vocabulary), num_attention_heads=heads, **sizes)
    ).save_pretrained(folder)


def measure(data: str, bert: Path, out: Path, mode: str, epochs: int) -> None:
    """Train, open and evaluate with one kind of text features, and print what that took."""
    settings = [f"training.epochs={epochs}", "training.mi_check_every=0"]
    if mode != "own features":
        own = {"name": bert, "mode": mode, "learning_rate": 2e-5}
        settings += [f"model.text_encoder.{key}={value}" for key, value in own.items()]
    started = time.perf_counter()
    run = mmmie.train(data, out / mode, mmmie.load_config(overrides=settings))
    whole = time.perf_counter() - started
    checkpoint = mmmie.load_checkpoint(run.path)
    epoch = median(entry["seconds"] for entry in checkpoint.history)
    started = time.perf_counter()
    corpus = checkpoint.corpus()
    opened = time.perf_counter() - started
    started = time.perf_counter()
    checkpoint.predict(corpus)
    predicted = time.perf_counter() - started
    size = (run.best / "model.safetensors").stat().st_size / 1e6
    print(
        f"{mode:13} an epoch {epoch:6.2f} s, all else of the training "
        f"{whole - sum(e['seconds'] for e in checkpoint.history):6.1f} s, opening {opened:5.2f} s, "
        f"predicting {len(corpus):,} {predicted:5.2f} s, weights {size:.1f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        os.environ["MMMIE_CACHE"] = str(out / "cache")  # so that encoding is measured
        corpus = mmmie.load_corpus(asked.corpus)
        random_bert(out / "bert", list(corpus.utterances["transcript"]), asked.layers, asked.width)
        for mode in ("own features", "frozen", "fine_tuned"):
            measure(asked.corpus, out / "bert", out, mode, asked.epochs)


if __name__ == "__main__":
    main()
