"""A random BERT of a few thousand numbers, with its tokenizer, in the layout of the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

WORDS = ["words", "of", "good", "bad", "film", "the", "was", "ten", "two", "not", "it", "so"]
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_bert(folder: Path, seed: int = 0, words: Sequence[str] = WORDS, **changes) -> Path:
    """Write a BERT of two layers and width 32 that knows some words and single digits.

    Args:
        folder: is made.
        seed: of its weights.
        words: that it knows, in lower case.
        changes: of its configuration.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    pieces = [*_SPECIAL, *words, *"0123456789", *(f"##{i}" for i in range(10))]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, ends)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    settings = {"intermediate_size": 64, "max_position_embeddings": 128, **sizes, **changes}
    torch.manual_seed(seed)
    network = BertModel(BertConfig(vocab_size=len(pieces), **settings))
    with torch.no_grad():  # at its usual 0.02 the words of a random network hardly differ
        network.embeddings.word_embeddings.weight.normal_()
    network.save_pretrained(folder)
    return folder
