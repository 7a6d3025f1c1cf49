"""The heat strip of the probes."""

import numpy as np
import pandas as pd

from app.screens.representations.probe_strip import (
    cka_figure,
    cka_finding,
    cka_frame,
    probe_finding,
    probe_frame,
    probe_strips,
    retrieval_frame,
    speaker_sentence,
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
    table = strip_frame(DEMO["codes"])
    assert list(table.index) == ["z text", "z audio", "s text", "s audio"]
    assert list(table.columns) == ["which modality", "label", "shared", "audio's own"]
    assert np.isclose(table.loc["z text", "shared"], 0.8)
    assert np.isclose(table.loc["z audio", "audio's own"], 0.42)
    assert len(probe_frame(DEMO["codes"])) == 4 * 5


def test_what_cannot_be_probed_is_left_out():
    assert list(strip_frame(ALONE["codes"]).columns) == ["label"]
    table = strip_frame(PLAIN["codes"])
    assert np.isnan(table.loc["z audio", "label"])
    figure = probe_strips({"linear": table})
    assert figure.data[0].text[1][1] == "–"


def test_strips_of_two_probes_share_their_columns():
    table = strip_frame(DEMO["codes"])
    linear, nonlinear = probe_strips({"linear": table, "nonlinear": table + 0.1}).data
    assert list(linear.x) == list(nonlinear.x)
    assert (linear.text[0][2], nonlinear.text[0][2]) == ("0.80", "0.90")
    assert list(linear.y) == ["z text", "z audio", "s text", "s audio"]


CKA = {
    "invariant.text": {"invariant.text": 1.0, "invariant.audio": 0.9, "specific.text": 0.02,
                       "specific.audio": -0.01},
    "invariant.audio": {"invariant.text": 0.9, "invariant.audio": 1.0, "specific.text": 0.0,
                        "specific.audio": 0.04},
    "specific.text": {"invariant.text": 0.02, "invariant.audio": 0.0, "specific.text": 1.0,
                      "specific.audio": None},
    "specific.audio": {"invariant.text": -0.01, "invariant.audio": 0.04, "specific.text": None,
                       "specific.audio": 1.0},
}  # fmt: skip


def test_cka_is_drawn_in_the_order_of_the_codes():
    (map_,) = cka_figure(CKA, ["text", "audio"]).data
    assert list(map_.y) == ["z text", "z audio", "s text", "s audio"]
    assert map_.text[0] == ["1.00", "0.90", "0.02", "−0.01"]
    assert map_.text[3][2] == "–"
    assert len(cka_frame(CKA)) == 16
    assert cka_finding(CKA, ["text", "audio"]) == (
        "The z of two modalities are 0.90 alike, z and s of one 0.03"
    )
    assert cka_finding(CKA, ["text"]) == "z and s are 0.02 alike"


def test_the_speaker_is_told_or_the_reason_is():
    task = {"speakers": 6, "utterances": 90, "chance": 0.2, "reason": None}
    row = {"target": "speaker", "reading": "means", "value": 0.35, "low": 0.3, "high": 0.4}
    leakage = [{**row, "code": "s text"}, {**row, "code": "z text", "low": 0.19}]
    said = speaker_sentence({"speaker": task, "leakage": leakage}, "means")
    assert "one of 6" in said and "s text 35%" in said and "z text" not in said and "20%" in said
    assert "no code" in speaker_sentence({"speaker": task, "leakage": leakage[1:]}, "means")
    nobody = {"speaker": task | {"reason": "no speaker is known"}}
    assert speaker_sentence(nobody, "means").endswith("no speaker is known.")


def test_the_finding_is_the_most_telling_probe():
    def rows(kind, target, *values):
        return [
            {"reading": "means", "probe": "linear", "kind": kind, "target": target, "value": v,
             "low": v - 0.02, "high": v + 0.02, "code": "c"}
            for v in values
        ]  # fmt: skip

    names, z, s = ["text", "audio"], "invariant", "specific"
    told = rows(z, "which modality", 0.75)  # another target is not asked
    shared = rows(z, "shared latents", 0.9, 0.8) + rows(z, "own private latents", 0.1, 0.42)
    said = probe_finding(pd.DataFrame(told + shared), names)
    assert "at least 78%" in said and "at most 44%" in said and "text and audio" in said
    said = probe_finding(pd.DataFrame(rows(z, "modality", 0.7) + rows(s, "modality", 0.9)), names)
    assert said.index("70% [68%, 72%]") < said.index("90%") < said.index("50%")
    said = probe_finding(pd.DataFrame(rows(z, "label", 0.4) + rows(s, "label", 0.3)), ["text"])
    assert "text" in said and "label" in said and said.index("40%") < said.index("30%")
    assert probe_finding(pd.DataFrame(told), ["text"]).endswith("?")


def test_retrieval_is_one_row_a_pair():
    assert retrieval_frame(DEMO).iloc[0].tolist() == ["text and audio", 0.6, 0.9, 0.002]
    assert retrieval_frame(ALONE).empty
