"""The settings of the model; every choice of the paper's ablations is one of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

IDENTITY_DEVIATION = 0.3
"""Standard deviation of every entry of an identity vector where training starts."""


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
