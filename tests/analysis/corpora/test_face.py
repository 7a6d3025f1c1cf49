"""Channels named after action units move a face, by how unusual they are."""

from __future__ import annotations

import numpy as np
import pytest

from mmmie.analysis.corpora.face import MOVEMENTS, face_channels, face_pose
from mmmie.corpus import Modality
from mmmie.datasets.demo.voice_and_face import AUDIO, VISION


def modality(*names: str) -> Modality:
    return Modality("vision", len(names), "sequence", channels=names)


def test_every_channel_of_the_demo_face_moves_something():
    found = face_channels(modality(*VISION.names))
    assert [one.movement for one in found] == [
        "smile", "cheek", "brow_lower", "brow_raise", "tighten", "gaze", "light", "yaw",
    ]  # fmt: skip


def test_two_action_units_make_a_face_whoever_names_them():
    assert [one.movement for one in face_channels(modality("AU12_r", "AU04_r"))] == [
        "smile",
        "brow_lower",
    ]
    for turned in ("head_yaw_rad", "head_yaw", "head_yaw_deg"):
        found = face_channels(modality("head_pitch_rad", turned, "AU12", "AU01"))
        assert [one.movement for one in found] == ["yaw", "smile", "brow_raise"]
    assert face_channels(modality("smile_au12", "brightness", "head_yaw_deg")) == []
    assert face_channels(modality(*AUDIO.names)) == []
    assert face_channels(Modality("vision", 3, "utterance")) == []
    assert face_channels(modality("au99", "au98", "cacau04x")) == []


def test_a_pose_is_the_distance_from_what_is_usual():
    channels = face_channels(modality("smile_au12", "frown_au15", "brow_au01", "brow_au02"))
    mean, deviation = np.array([2.0, 1.0, 0.0, 0.0]), np.array([0.5, 0.5, 1.0, 0.0])
    values = np.array([[2.0, 1.0, 0.0, 0.0], [3.5, 1.0, 1.5, 0.0], [2.0, 9.0, 30.0, 30.0]])
    pose = face_pose(values, channels, mean, deviation)
    assert set(pose) == set(MOVEMENTS)
    # The corners go up with AU12 and down with AU15; three deviations are all the way.
    assert pose["smile"] == pytest.approx([0, 0.5, -1])
    assert pose["brow_raise"] == pytest.approx([0, 0.25, 1])
    assert pose["cheek"].tolist() == [0, 0, 0]
    assert face_pose(values[1], channels, mean, deviation)["smile"] == pytest.approx([0.5])
