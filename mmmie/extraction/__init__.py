"""Features from clips: voice and face as named channels, words as transcripts."""

from mmmie.extraction.extract import Extraction, extract_corpus

__all__ = ["Extraction", "extract_corpus"]
