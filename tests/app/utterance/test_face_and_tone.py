from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np

from app.utterance.face_and_tone import face_svg, face_words
from mmmie.analysis.corpora.face import MOVEMENTS


def pose(**moved: list[float]) -> dict[str, np.ndarray]:
    frames = max((len(values) for values in moved.values()), default=2)
    return {name: np.array(moved.get(name, [0.0] * frames)) for name in MOVEMENTS}


def parts(svg: str) -> dict[str, list[ElementTree.Element]]:
    found: dict[str, list[ElementTree.Element]] = {}
    for element in ElementTree.fromstring(svg):
        found.setdefault(element.attrib["class"], []).append(element)
    return found


def numbers(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", path)]


def corner_height(moved: float) -> float:
    """How high the corner of the mouth is above its middle; the axis points down."""
    [mouth] = parts(face_svg(pose(smile=[moved]), 2, ""))["mouth"]
    _, corner, _, upper, _, _, _, lower, _, _ = numbers(mouth.attrib["d"])
    return (upper + lower) / 2 - corner


def test_a_smile_lifts_the_corners_of_the_mouth_and_a_frown_lowers_them():
    assert corner_height(1) > corner_height(0.3) > corner_height(0) == 0 > corner_height(-1)


def test_brows_go_up_with_one_unit_and_down_and_together_with_the_other():
    def inner(**moved: list[float]) -> tuple[float, float]:
        left, right = parts(face_svg(pose(**moved), 2, ""))["brow"]
        a, b = numbers(left.attrib["d"]), numbers(right.attrib["d"])
        return b[0] - a[0], a[1]

    (gap, height), (_, raised), (drawn, lowered) = (
        inner(), inner(brow_raise=[1.0]), inner(brow_lower=[1.0]),
    )  # fmt: skip
    assert raised < height < lowered
    assert drawn < gap


def test_only_what_moves_is_animated_through_every_frame_and_it_rests_on_the_average():
    svg = face_svg(pose(smile=[0.0, 1.0, 0.5]), 4.2, "")
    found = parts(svg)
    [mouth] = found["mouth"]
    [animation] = mouth
    assert len(animation.attrib["values"].split(";")) == 3
    assert animation.attrib["dur"] == "4.20s"
    assert mouth.attrib["d"] == animation.attrib["values"].split(";")[2]  # 0.5 is the average
    assert not any(len(element) for name in ("brow", "eye", "head") for element in found[name])


def test_every_pose_stays_inside_the_picture_and_is_readable():
    for value in (-1.0, 1.0):
        svg = face_svg({name: np.array([value]) for name in MOVEMENTS}, 2, "")
        for elements in parts(svg).values():
            for element in elements:
                places = numbers(element.attrib.get("d", ""))
                assert all(0 < x < 132 for x in places)
    title = face_svg(pose(), 2, 'a <b> & "c"')
    assert ElementTree.fromstring(title).attrib["aria-label"] == 'a <b> & "c"'


def test_words_name_the_most_unusual_first():
    assert face_words(pose(smile=[0.2], brow_lower=[-0.9])) == (
        "brows lowered less, smiles more than usual"
    )
    assert face_words(pose(light=[1.0], yaw=[1.0])) == "much as usual"
