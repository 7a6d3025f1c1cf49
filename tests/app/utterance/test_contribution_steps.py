from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.utterance.contribution_steps import (
    Step,
    attribution_reach,
    channels_figure,
    channels_title,
    modalities_title,
    offset_text,
    sign_colours,
    signed,
    split_title,
    steps_figure,
    turn_name,
    turns_title,
)
from mmmie.analysis.credit.contributions import Contributions


def found(modalities: dict[str, float], turns: list[dict[str, object]]) -> Contributions:
    columns = ["offset", "count", "id", "speaker", "relation", "transcript", "value"]
    return Contributions(
        utterance="a",
        class_name=None,
        mean_label=0.0,
        alone=-0.5,
        prediction=1.0,
        modalities=pd.DataFrame(list(modalities.items()), columns=["modality", "value"]),
        turns=pd.DataFrame(turns, columns=columns),
    )


def turn(offset: int, value: float, **more: object) -> dict[str, object]:
    entry = {"offset": offset, "count": 1, "id": f"u{offset}", "relation": "same speaker"}
    return {**entry, "speaker": "Ann", "transcript": "Well.", "value": value, **more}


def test_every_bar_begins_where_the_one_before_ends() -> None:
    steps = [Step("text", 1.0, "#111111"), Step("audio", -0.4, "#222222")]
    figure = steps_figure("mean label", 0.2, steps, (-3, 3), "sentiment", truth=-1.0)
    lines, bars, start, truth, prediction = figure.data
    assert list(bars.base) == pytest.approx([0.2, 1.2])
    assert list(bars.x) == pytest.approx([1.0, -0.4])
    assert list(bars.text) == ["+1.00", "−0.40"]
    assert list(bars.marker.color) == ["#111111", "#222222"]
    assert start.x[0] == 0.2 and truth.x[0] == -1.0
    assert prediction.x[0] == pytest.approx(0.8)
    assert prediction.y[0] == truth.y[0] == 3
    assert [v for v in lines.x if v is not None][-1] == pytest.approx(0.8)
    assert list(figure.layout.yaxis.ticktext) == ["mean label", "text", "audio", "prediction"]


def test_a_bar_beyond_the_labels_is_not_cut_off_and_classes_have_no_truth() -> None:
    steps = [Step("text", 5.0, "#111111"), Step("audio", -4.5, "#222222")]
    figure = steps_figure("mean label", 0.0, steps, (-3, 3), "sentiment")
    assert figure.layout.xaxis.range[0] < -3
    assert figure.layout.xaxis.range[1] > 5
    assert len(figure.data) == 4


def test_turns_with_the_same_words_keep_rows_of_their_own() -> None:
    figure = steps_figure("alone", 0.0, [Step("Sure.", 1, "#111111")] * 2, (-3, 3), "sentiment")
    assert list(figure.data[1].y) == [1, 2]


TABLE = pd.DataFrame({"pitch_hz": [0.2, -0.1, 0.3], "2 unnamed": [0.0, 0.0, -0.6]})
VALUES = np.array([[200.0, np.nan], [180.0, np.nan], [210.0, np.nan]])


def test_channels_are_cells_by_step_and_sums() -> None:
    reach = attribution_reach(TABLE, [TABLE], 6)
    assert reach == pytest.approx((0.6, 0.6))
    figure = channels_figure(TABLE, VALUES, ["1", "2", "3"], "sentiment", reach, False)
    cells, bars = figure.data
    assert np.asarray(cells.z).tolist() == TABLE.to_numpy().T.tolist()
    assert (cells.zmin, cells.zmax) == (-0.6, 0.6)  # zero is in the middle of the scale
    assert list(bars.x) == pytest.approx([0.4, -0.6])
    assert list(bars.y) == ["pitch (Hz)", "2 unnamed"]
    lowers, raises = sign_colours(False)
    assert list(bars.marker.color) == [raises, lowers]
    assert "value 200 Hz" in cells.text[0][0] and "value" not in cells.text[1][0]
    words = channels_figure(TABLE, VALUES, ["Oh", "yes", "yes"], "sentiment", reach, False)
    assert list(words.layout.xaxis.ticktext) == ["Oh", "yes", "yes"]


def test_an_utterance_level_has_sums_only_and_small_things_stay_small() -> None:
    one = TABLE.iloc[:1] / 1000
    reach = attribution_reach(one, [one], 6)
    assert reach == pytest.approx((0.06, 0.3))
    figure = channels_figure(one, VALUES[:1], ["1"], "probability of yes", reach, True)
    assert [trace.type for trace in figure.data] == ["bar"]
    assert figure.layout.xaxis.range[1] > 0.3
    assert sign_colours(True) != sign_colours(False)


def test_numbers_have_a_sign_and_the_digits_of_their_scale() -> None:
    assert [signed(v, 6) for v in (0.251, -1.0, -0.001)] == ["+0.25", "−1.00", "0"]
    assert signed(0.251, 1) == "+0.25"
    assert signed(12.3, 100) == "+12"
    assert offset_text(-2) == "−2" and offset_text(1) == "+1"


def test_turns_are_named_by_offset_speaker_and_words() -> None:
    assert turn_name(turn(-2, 0.1)) == "−2 Ann: Well."
    assert turn_name(turn(1, 0.1, speaker=None, transcript=None)) == "+1"
    long = turn_name(turn(-1, 0.1, transcript="a word " * 9))
    assert long.endswith("…") and len(long) < 40
    assert turn_name(turn(5, 0.1, count=15)) == "15 farther turns"


def test_titles_say_what_moves_most() -> None:
    both = found({"text": 0.2, "au*dio": -0.8}, [turn(-2, 1.4), turn(1, 0.1)])
    assert modalities_title(both, 6) == r"Au\*dio moves it most, by −0.80"
    assert turns_title(both, 6) == "Turn −2 of Ann moves it most, by +1.40: −0.5 alone, 1 with them"
    still = found({"text": 0.01, "audio": 0.0}, [turn(-2, 0.01)])
    assert modalities_title(still, 6) == "No modality moves it far from the mean"
    assert turns_title(still, 6).startswith("Its neighbours hardly move it")
    assert turns_title(found({"text": 1.0}, []), 6) == "It has no neighbours to read"
    assert modalities_title(found({"text": 1.0}, []), 6) == "All it reads is text: +1.00"
    far = found({"text": 1.0}, [turn(5, 2.0, count=15)])
    assert turns_title(far, 6).startswith("The farther turns move it most, by +2.00")


def test_titles_of_channels_name_a_word_or_a_channel() -> None:
    assert channels_title(TABLE, "audio", 6) == (
        "The unnamed channels of audio move it most, by −0.60"
    )
    named = TABLE[["pitch_hz"]]
    assert channels_title(named, "audio", 6) == "Of audio, pitch moves it most, by +0.40"
    assert channels_title(named / 100, "audio", 6) == "No channel of audio moves it much"
    words = ["Oh", "yes", "no."]
    assert channels_title(TABLE, "text", 6, words) == (r"The word “no\.” moves it most, by −0.30")


def test_one_modality_leads_a_split_only_where_intervals_part() -> None:
    rows = {"modality": ["text", "audio"], "value": [0.4, 0.3], "low": [0.35, 0.2]}
    near = pd.DataFrame({**rows, "high": [0.45, 0.38]})
    assert split_title(near, "valid").endswith("no modality clearly moves predictions most")
    apart = pd.DataFrame({**rows, "high": [0.45, 0.34]})
    assert split_title(apart, "valid") == (
        "Over the valid split text moves predictions most: by 0.4 [0.35, 0.45] on average"
    )
    unknown = pd.DataFrame({**rows, "low": [np.nan] * 2, "high": [np.nan] * 2})
    assert split_title(unknown, "valid").endswith("no modality clearly moves predictions most")
