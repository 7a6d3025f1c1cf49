"""One reader for text tables: separators, blank lines, quotes, and widths that do not fit."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.corpus.text_tables import read_text_table
from mmmie.errors import InputError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.csv"


def table(file, content, encoding="utf-8"):
    file.write_bytes(content.encode(encoding))
    return read_text_table(file)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_header_tells_the_separator(file, separator, encoding):
    lines = [["id", "label", "said"], ["a", "0,5", "x"], ["b", "1", "z"]]
    if separator == ",":
        lines[1][1] = '"0,5"'
    read = table(file, "\n".join(separator.join(line) for line in lines), encoding)
    assert read.rows.to_dict("list") == {
        "id": ["a", "b"],
        "label": ["0,5", "1"],
        "said": ["x", "z"],
    }
    assert read.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        "id,label,split\na,1,train,\nb,2,test,\n",  # only the rows end in a comma
        "id,label,split,\na,1,train,\nb,2,test,\n",
        "id,label,split\na,1,train,,,\nb,2,test\n",
        "id,label,split\na,1,train\nb,2,test\n,,\n",  # a blank last line
        "id,label,split\na,1,train\nb,2,test\n\n \n",
        "\n\nid,label,split\r\na,1,train\r\nb,2,test\r\n",
        " id , label,split \na,1,train\nb,2,test",
        "id, label, split\na, 1, train\nb, 2, test\n",
        "sep=;\nid;label;split\na;1;train\nb;2;test\n",
    ],
)
def test_nothing_shifts(file, content):
    read = table(file, content)
    assert read.rows.to_dict("list") == {
        "id": ["a", "b"], "label": ["1", "2"], "split": ["train", "test"],
    }  # fmt: skip
    assert read.notes == ()


def test_what_was_left_out_or_filled_is_noted(file):
    read = table(file, "id,label,said\na,1,x\n,,\nb,2\nc,3,y\n")
    assert list(read.rows["id"]) == ["a", "b", "c"] and read.rows["said"].iloc[1] == ""
    assert any("Line 3 " in note for note in read.notes)
    assert any("Line 4 " in note for note in read.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,said\na,well\nb,well, then\n", ("line 3", "3 cells")),
        ("id;said\na;well; then\n", ("line 2", "semicolons")),
        ('id,said\n"a\nb",x\nc,1,2\n', ("line 4",)),
        ('id,said\na,"well\nb,then\n', ("line 2", "quote")),
        ("id,label,split\na;1;train\nb;2;test\n", ("line 2", "commas")),
        ("id:label\na:1\n", ("one column", "id:label")),
        ("id，label\na，1\n", ("one column",)),
        ("id,id\na,b\n", ("`id` occurs twice",)),
        ("", ("empty",)),
        ("\n\n", ("empty",)),
    ],
)
def test_what_does_not_fit_is_named(file, content, words):
    with pytest.raises(InputError) as caught:
        table(file, content)
    line = str(caught.value)
    assert str(file) in line and "\n" not in line
    for word in words:
        assert word in line, line


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff")).map(
    str.strip
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_was_written_is_read(tmp_path_factory, rows, separator, encoding, end, quoting):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(["first", "second", "third"])
    writer.writerows([("x" + a, b, c) for a, b, c in rows])
    file = tmp_path_factory.mktemp("t") / "a.csv"
    file.write_bytes(out.getvalue().encode(encoding))
    read = read_text_table(file).rows
    assert [tuple(row) for row in read.to_numpy()] == [("x" + a, b, c) for a, b, c in rows]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_corpus_folder_is_read_by_the_same_parsers(make_corpus, tmp_path, encoding):
    corpus = make_corpus()
    corpus.utterances["start"] = "0:01:05,25"
    save_corpus_folder(corpus, tmp_path / "c")
    for name in ("corpus.json", "utterances.csv"):
        file = tmp_path / "c" / name
        file.write_text(file.read_text("utf-8") + "\n,,\n" * (name != "corpus.json"), encoding)
    read = open_corpus_folder(tmp_path / "c")
    assert (read.utterances["start"] == 65.25).all() and len(read) == len(corpus)
    assert read.fingerprint == corpus.fingerprint


def test_a_corpus_folder_in_another_encoding_is_refused(make_corpus, tmp_path):
    save_corpus_folder(make_corpus(), tmp_path / "c")
    file = tmp_path / "c" / "utterances.csv"
    file.write_bytes(file.read_bytes() + "天气不错,我们出去走走吧".encode("gbk"))
    with pytest.raises(InputError, match=r"utterances\.csv: line .* GBK"):
        open_corpus_folder(tmp_path / "c")
