"""The settings of the model; every choice of the paper's ablations is one of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

IDENTITY_DEVIATION = 0.3
"""Standard deviation of every entry of an identity vector where training starts."""


NO_NUL = r"^[^\x00]*$"
"""What a path looks like: no system knows one with this character."""


class Settings(BaseModel):
    """A group of settings: unknown keys are errors, assignments are checked."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class ContextSettings(Settings):
    """The window of utterances around the target."""

    enabled: bool = Field(True, description="Off: the target alone (ablation: without context).")
    past: int = Field(6, ge=0, le=64, description="Utterances before the target.")
    future: int = Field(3, ge=0, le=64, description="Utterances after it; 0 for live use.")

    @property
    def span(self) -> tuple[int, int]:
        """(past, future) as used: zero where context is off."""
        return (self.past, self.future) if self.enabled else (0, 0)


class IdentitySettings(Settings):
    """The identity embedding: learned terms that say whose and what a token is."""

    enabled: bool = Field(True, description="Off: no term (ablation: without identity embedding).")
    role: bool = Field(True, description="Offset to the target.")
    speaker: bool = Field(True, description="Same speaker as the target, another, or unknown.")
    modality: bool = Field(True, description="Which modality the token comes from.")

    def uses(self, term: Literal["role", "speaker", "modality"]) -> bool:
        """Whether a term is trained."""
        return self.enabled and bool(getattr(self, term))


class TextEncoderSettings(Settings):
    """A Hugging Face encoder that makes the features of one modality from the transcripts."""

    name: str | None = Field(
        None,
        min_length=1,
        pattern=NO_NUL,
        title="Encoder",  # on a form that has a name of its own
        description="Folder of a Hugging Face encoder, or its name on the Hub; left empty the "
        "features of the corpus are used, and the settings below have no effect.",
    )
    revision: str | None = Field(
        None, min_length=1, description="Branch, tag or commit on the Hub; the newest if empty."
    )
    modality: str = Field(
        "text", min_length=1, description="The modality it makes, in place of the corpus' own."
    )
    mode: Literal["frozen", "fine_tuned"] = Field(
        "frozen",
        description="`frozen` encodes every transcript once and keeps that; `fine_tuned` trains "
        "the encoder with the model.",
    )
    pooling: Literal["tokens", "first", "mean"] = Field(
        "tokens",
        description="`tokens` gives the model one vector per token, `first` that of the first "
        "([CLS]), `mean` their mean.",
    )
    max_length: int = Field(
        128, ge=2, le=8192, description="Tokens of a transcript; what is longer is cut."
    )
    learning_rate: float = Field(
        2e-5, gt=0, le=1, description="Peak for the encoder where it is fine-tuned."
    )


class ModelSettings(Settings):
    """Sizes and switches of the model."""

    modalities: list[str] | None = Field(
        None, description="Modalities to use, in this order; all of the corpus if left out."
    )
    dim: int = Field(64, ge=4, le=2048, description="Width of encoders and fusion.")
    invariant_dim: int = Field(8, ge=1, le=512, description="Dimensions of the invariant code z.")
    specific_dim: int = Field(16, ge=1, le=512, description="Dimensions of the specific code s.")
    stochastic: bool = Field(
        True, description="Codes are sampled in training; off makes I(x; z) infinite."
    )
    input_dropout: float = Field(0.2, ge=0, lt=1, description="Dropout on the features.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Dropout inside encoders and fusion.")
    layers: int = Field(1, ge=1, le=8, description="Layers of the fusion transformer.")
    heads: int = Field(4, ge=1, le=32, description="Attention heads; must divide `dim`.")
    readout: Literal["target", "summary"] = Field(
        "target",
        description="`target` reads the target's own tokens; `summary` a learned token to which "
        "identity is the only cue of which utterance is meant.",
    )
    context: ContextSettings = Field(default_factory=ContextSettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    text_encoder: TextEncoderSettings = Field(default_factory=TextEncoderSettings)

    @property
    def text_modality(self) -> str | None:
        """The modality that a text encoder makes; None where the corpus' own features are used."""
        text = self.text_encoder
        read = self.modalities is None or text.modality in self.modalities
        return text.modality if text.name is not None and read else None

    @property
    def fine_tunes_text(self) -> bool:
        """Whether a text encoder is a part of the model."""
        return self.text_modality is not None and self.text_encoder.mode == "fine_tuned"
