"""Transcripts of text and subtitle files."""

import pytest

from mmmie.errors import InputError
from mmmie.extraction.transcripts import transcript_of

SRT = """\
1
00:00:01,000 --> 00:00:02,000
<i>Well</i>,
so it goes.

2
00:00:02,500 --> 00:00:03,500
{\\an8}Ann: I <b>see</b>.

3
00:01:00,000 --> 00:01:01,000
Later.
"""
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hello <c>there</c>\n"


def test_a_text_file_is_taken_whole(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffOh,\r\n  really?\n".encode())
    assert transcript_of(tmp_path / "a.txt", 5.0, 6.0) == "Oh, really?"


def test_subtitles_belong_where_their_middle_is(tmp_path):
    pytest.importorskip("pysubs2", reason="pysubs2 is not installed (extra extract)")
    file = tmp_path / "a.srt"
    file.write_text(SRT)
    assert transcript_of(file) == "Well, so it goes. Ann: I see. Later."
    assert transcript_of(file, 0.0, 2.0) == "Well, so it goes."
    assert transcript_of(file, 1.6, 3.1) == "Ann: I see."
    assert transcript_of(file, 3.2) == "Later."
    (tmp_path / "a.vtt").write_text(VTT)
    assert transcript_of(tmp_path / "a.vtt") == "Hello there"


def test_what_cannot_be_read_is_named(tmp_path):
    for name, words in (("a.docx", "is no .txt, .srt or .vtt"), ("b.txt", "cannot be read")):
        with pytest.raises(InputError, match=words) as caught:
            transcript_of(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


def test_bytes_that_are_no_subtitles_give_no_words_or_one_line(tmp_path):
    pytest.importorskip("pysubs2", reason="pysubs2 is not installed (extra extract)")
    for content in (
        b"",
        b"\x00" * 1000,
        b"\xff\xfe00:00",
        b"1\n99:99:99,999 --> x\nhello",
        b"{}" * 99,
    ):
        for name in ("a.srt", "a.vtt"):
            (tmp_path / name).write_bytes(content)
            try:
                assert isinstance(transcript_of(tmp_path / name), str)
            except InputError as error:
                assert "\n" not in str(error) and name in str(error)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_subtitles_are_decoded_by_their_mark(tmp_path, encoding, end):
    pytest.importorskip("pysubs2", reason="pysubs2 is not installed (extra extract)")
    words = "你好，naïve"
    for name, times in (
        ("a.srt", "00:00:01,000 --> 00:00:02,000"),
        ("a.vtt", "00:01.000 --> 00:02.000"),
    ):
        text = f"{'WEBVTT' if name == 'a.vtt' else '1'}\n\n{times}\n{words}\n".replace(
            "1\n\n", "1\n"
        )
        (tmp_path / name).write_bytes(text.replace("\n", end).encode(encoding))
        assert transcript_of(tmp_path / name) == words
    (tmp_path / "a.txt").write_bytes(words.encode(encoding))
    assert transcript_of(tmp_path / "a.txt") == words


@pytest.mark.parametrize(("encoding", "name"), [("gbk", "GBK"), ("cp932", "Shift-JIS")])
@pytest.mark.parametrize("kind", ["srt", "vtt", "txt"])
def test_another_encoding_is_refused_by_name(tmp_path, encoding, name, kind):
    said = {"gbk": "天气不错,我们出去走走吧", "cp932": "天気がいいから、散歩に行こう"}[encoding]
    file = tmp_path / f"a.{kind}"
    file.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n".encode(encoding))
    with pytest.raises(InputError) as caught:
        transcript_of(file)
    assert str(file) in str(caught.value) and name in str(caught.value)


def test_a_file_without_a_subtitle_is_refused_and_an_empty_one_says_nothing(tmp_path):
    pytest.importorskip("pysubs2", reason="pysubs2 is not installed (extra extract)")
    for name in ("a.srt", "a.vtt"):
        (tmp_path / name).write_text("a page of prose\n")
        with pytest.raises(InputError, match="holds no subtitle"):
            transcript_of(tmp_path / name)
        (tmp_path / name).write_text("WEBVTT\n" if name == "a.vtt" else "")
        assert transcript_of(tmp_path / name) == ""
    (tmp_path / "b.vtt").write_text(SRT)  # commas, as an .srt under another name has
    assert transcript_of(tmp_path / "b.vtt", 0.0, 2.0) == "Well, so it goes."


def test_too_many_words_for_one_utterance_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("word " * 30_000)
    with pytest.raises(InputError, match="149,999 characters"):
        transcript_of(tmp_path / "a.txt")
