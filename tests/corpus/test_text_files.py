"""Text is decoded by its mark or as UTF-8, and refused with its likely encoding otherwise."""

import gzip

import pytest

from mmmie.corpus.text_files import likely_encoding, read_text
from mmmie.errors import InputError

SAID = {
    "GBK": ("gbk", "天气不错,我们出去走走吧。"),
    "Big5": ("big5", "天氣不錯,我們出去走走吧。"),
    "EUC-KR": ("cp949", "날씨가 좋으니 산책하러 가자"),
    "Shift-JIS": ("cp932", "天気がいいから、散歩に行こう。"),
    "EUC-JP": ("euc_jp", "天気がいいから、散歩に行こう。"),
    "Windows-1251": ("cp1251", "Хорошая погода, пойдём гулять"),
    "Windows-1252": ("cp1252", "Le temps est déjà à l’été, ça va être agréable"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_mark_decides(tmp_path, encoding, end):
    file = tmp_path / "a.txt"
    file.write_bytes(f"naïve{end}天气".encode(encoding))
    assert read_text(file) == "naïve\n天气"


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("mark", ["utf-16", "utf-32"])
def test_both_orders_of_bytes_with_their_mark(tmp_path, mark, order):
    file = tmp_path / "a.txt"
    file.write_bytes(f"\ufeffwell, {chr(0x5929)}".encode(f"{mark}-{order}"))
    assert read_text(file) == "well, 天"


@pytest.mark.parametrize("name", SAID)
def test_the_likely_encoding_is_named(tmp_path, name):
    encoding, words = SAID[name]
    assert likely_encoding(words.encode(encoding)) == name
    file = tmp_path / "a.txt"
    file.write_bytes(b"plain words\nand more\n" + words.encode(encoding))
    with pytest.raises(InputError) as caught:
        read_text(file)
    assert name in str(caught.value) and "line 3" in str(caught.value)
    assert str(file) in str(caught.value) and "UTF-8" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("well then".encode("utf-16-le"), "UTF-16"),
        (b"\xff\xfeodd", "UTF-16"),
        (b"zero\0byte", "zero byte"),
        ("天气不错".encode() * 9 + b"\xff\n", "though the rest is"),
        ("天气不错".encode()[:-1], "though the rest is"),
        (gzip.compress(b"words", mtime=0), "gzip"),
        (b"PK\x03\x04words", "zip"),
        (b"\x80\x04words", "pickle"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, word):
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_text(file)
    line = str(caught.value)
    assert word in line and str(file) in line and "\n" not in line
    assert not any(word in line for word in SAID)
