"""Tables of OpenFace and py-feat, with their quirks, and what is no such table."""

import numpy as np
import pandas as pd
import pytest

from mmmie.errors import InputError
from mmmie.extraction.face_table import read_face_table

OPENFACE = """\
frame, face_id, timestamp, confidence, success, gaze_angle_x, pose_Tx, pose_Ry, AU01_r, AU12_r, x
1, 0, 0.000, 0.98, 1, 0.1, 5, 0.30, 0.50, 1.00, 1
2, 0, 0.033, 0.98, 0, 0.1, 5, 0.31, 9.00, 9.00, 1
3, 0, 0.067, 0.40, 1, 0.1, 5, 0.32, 9.00, 9.00, 1
4, 1, 0.100, 0.90, 1, 0.1, 5, 0.33, 9.00, 9.00, 1
4, 0, 0.100, 0.97, 1, 0.2, 5, 0.34, 0.70, 1.40, 1
5, 0, 0.133, 0.98, 1, 0.2, 5, -nan(ind), 0.70, 1.40, 1
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "clip.csv"


def test_openface_keeps_units_pose_and_gaze_of_tracked_frames(file):
    file.write_text(OPENFACE)
    face = read_face_table(file, None, 0.8)
    assert face.channels == ("gaze_x_rad", "head_yaw_rad", "AU01_r", "AU12_r")
    assert face.source == "OpenFace"
    # frame 2 failed, 3 is unsure, 5 has no pose; of frame 4 the surer face stays
    assert face.frames.at.tolist() == [0.0, 0.1]
    assert face.frames.values.tolist() == [[0.1, 0.30, 0.5, 1.0], [0.2, 0.34, 0.7, 1.4]]
    assert face.lost == 3
    assert read_face_table(file, None, 0.3).frames.at.tolist() == [0.0, 0.067, 0.1]


def test_a_comma_at_the_end_of_every_row_shifts_nothing(file):
    file.write_text("timestamp,AU01_r,AU12_r\n0.0,1,2,\n0.1,3,4,\n")
    assert read_face_table(file, None, 0.8).frames.values.tolist() == [[1, 2], [3, 4]]


def test_pyfeat_takes_its_time_from_the_frame_rate(file):
    table = pd.DataFrame(
        {
            "frame": [0, 1, 2], "FaceScore": [0.99, np.nan, 0.95], "Pitch": [1.0, 1.0, 2.0],
            "Roll": 0.0, "Yaw": [3.0, 3.0, 4.0], "AU01": 0.2, "AU12": [0.4, 0.5, 0.6],
            "happiness": 0.9,
        }
    )  # fmt: skip
    table.to_csv(file, index=False)
    with pytest.raises(InputError, match="has no column `timestamp`; say --fps"):
        read_face_table(file, None, 0.8)
    face = read_face_table(file, 25, 0.8)
    assert face.channels == ("head_pitch", "head_roll", "head_yaw", "AU01", "AU12")
    assert face.source == "py-feat" and face.lost == 1
    assert face.frames.at == pytest.approx([0, 0.08])
    assert face.frames.values[:, 4].tolist() == [0.4, 0.6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"frame,happiness\n1,2\n", "no columns of action units"),
        (b"timestamp,AU12_r\n", "no frames"),
        (b"timestamp,AU12_r,AU12_r\n0,1,2\n", "`AU12_r` occurs twice"),
        (b"\xff\xfeAU12_r\n1\n", "UTF-16"),
        (b"a" * 3_000_000, "line 1 holds a text of more"),
    ],
)
def test_what_is_no_such_table_is_refused_in_one_line(file, content, words):
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_face_table(file, 25, 0.8)
    line = str(caught.value)
    assert words in line and str(file) in line and "\n" not in line


def test_a_table_without_a_tracked_face_is_empty(file):
    file.write_text(OPENFACE)
    face = read_face_table(file, None, 0.99)
    assert len(face.frames.at) == 0 and face.lost == 5


def test_a_missing_table_is_named(file):
    with pytest.raises(InputError, match=r"clip\.csv: there is no such file; fix the table"):
        read_face_table(file, None, 0.8)
