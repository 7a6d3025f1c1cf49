"""The heat strip of the probes."""

import numpy as np

from app.views.probes import (
    probe_finding,
    probe_frame,
    probe_strip,
    retrieval_frame,
    strip_frame,
)


def held(accuracy, r2, **latents):
    return {"modality_accuracy": accuracy, "label_r2": r2, "latents": latents}


DEMO = {
    "codes": {
        "invariant": {
            "text": held(0.4, 0.6, latent_shared_a=0.9, latent_shared_b=0.7, latent_audio_g=-0.01),
            "audio": held(0.5, 0.7, latent_shared_a=0.8, latent_shared_b=0.8, latent_audio_g=0.42),
        },
        "specific": {
            "text": held(1.0, 0.3, latent_shared_a=0.2, latent_shared_b=0.2, latent_audio_g=0.0),
            "audio": held(1.0, 0.2, latent_shared_a=0.2, latent_shared_b=0.2, latent_audio_g=0.9),
        },
    },
    "retrieval": {"text-audio": {"recall_at_1": 0.6, "recall_at_10": 0.9, "chance_at_1": 0.002}},
}
PLAIN = {
    "codes": {
        "invariant": {"text": held(0.7, 0.4), "audio": held(0.8, None)},
        "specific": {"text": held(1.0, 0.4), "audio": held(0.9, None)},
    },
    "retrieval": {},
}
ALONE = {
    "codes": {"invariant": {"text": held(None, 0.4)}, "specific": {"text": held(None, 0.3)}},
    "retrieval": {},
}


def test_latents_are_averaged_by_their_owner():
    table = strip_frame(DEMO)
    assert list(table.index) == ["z text", "z audio", "s text", "s audio"]
    assert list(table.columns) == ["which modality", "label", "shared", "audio's own"]
    assert np.isclose(table.loc["z text", "shared"], 0.8)
    assert np.isclose(table.loc["z audio", "audio's own"], 0.42)
    assert len(probe_frame(DEMO)) == 4 * 5


def test_what_cannot_be_probed_is_left_out():
    assert list(strip_frame(ALONE).columns) == ["label"]
    table = strip_frame(PLAIN)
    assert np.isnan(table.loc["z audio", "label"])
    figure = probe_strip(table)
    assert figure.data[0].text[1][1] == "–"


def test_the_finding_is_the_most_telling_probe():
    assert probe_finding(DEMO) == (
        "z holds 80% of what the modalities share; of what is private it keeps most from audio, 42%"
    )
    assert probe_finding(PLAIN) == (
        "z tells which modality it is from 75% of the time, s 95%; chance is 50%"
    )
    assert probe_finding(ALONE) == "z text explains 40% of the label, s text 30%"
    nothing = {"codes": {k: {"text": held(None, None)} for k in ("invariant", "specific")}}
    assert probe_finding({**nothing, "retrieval": {}}).endswith("?")


def test_retrieval_is_one_row_a_pair():
    assert retrieval_frame(DEMO).iloc[0].tolist() == ["text and audio", 0.6, 0.9, 0.002]
    assert retrieval_frame(ALONE).empty
