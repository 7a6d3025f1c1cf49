"""What a server lets its visitors do, and `mmmie app`, which says it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from itertools import pairwise

import pytest
from click.testing import CliRunner

from mmmie import hosting
from mmmie.cli import cli, main
from mmmie.errors import InputError


@pytest.mark.parametrize(("said", "holds"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_a_server_is_read_only_where_it_is_said(monkeypatch, said, holds):
    monkeypatch.setenv("MMMIE_READ_ONLY", said)
    assert hosting.read_only() is holds
    if holds:
        with pytest.raises(InputError, match="start a run"):
            hosting.refuse_if_read_only("start a run")
    else:
        hosting.refuse_if_read_only("start a run")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Two folders that may be opened, and one that may not."""
    for name in ("one/inner", "two", "other/secret", "one-more"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "two")
    monkeypatch.setenv("MMMIE_ROOTS", f"{tmp_path / 'one'}{os.pathsep}{tmp_path / 'linked'}")
    return tmp_path


@pytest.mark.parametrize("name", ["one", "one/inner", "one/not-there", "two", "linked", "also"])
def test_what_is_inside_may_be_opened(tree, name):
    hosting.check_inside(tree / name, also=[tree / "also"])


@pytest.mark.parametrize(
    "name",
    ["other", "other/secret", "not-there", "one/../other", "one-more", ".", "/etc", "a\0b"],
)
def test_what_is_outside_is_refused_in_one_line_there_or_not(tree, name):
    with pytest.raises(InputError) as caught:
        hosting.check_inside(f"{tree}/{name}" if name[0] != "/" else name)
    assert "\n" not in str(caught.value)


def test_links_are_followed_before_it_is_decided(tree):
    (tree / "one" / "way-out").symlink_to(tree / "other")
    (tree / "one" / "inner" / "file").symlink_to(tree / "other" / "secret")
    (tree / "two" / "way-in").symlink_to(tree / "one")
    hosting.check_inside(tree / "two")
    for name in ("one/way-out", "one/way-out/secret", "one/inner"):
        with pytest.raises(InputError, match=name):
            hosting.check_inside(tree / name)


def test_without_roots_everything_may_be_opened(monkeypatch):
    monkeypatch.delenv("MMMIE_ROOTS", raising=False)
    hosting.check_inside("/etc")


def test_a_short_token_is_refused(monkeypatch):
    monkeypatch.setenv("MMMIE_TEACHER_TOKEN", "1234567")
    with pytest.raises(InputError, match="MMMIE_TEACHER_TOKEN"):
        hosting.teacher_token()


class Started(Exception):
    """Stands for the server that takes the place of the process."""


@pytest.fixture
def start(monkeypatch):
    """Run `mmmie app` up to where the server begins: its command and its environment."""
    for name in ("MMMIE_READ_ONLY", "MMMIE_ROOTS", "MMMIE_TEACHER_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def execve(program, command, environment):
        raise Started(command, environment)

    monkeypatch.setattr(os, "execve", execve)

    def run(*arguments):
        result = CliRunner().invoke(cli, ["app", *arguments])
        assert isinstance(result.exception, Started), (result.output, result.exception)
        return *result.exception.args, result.output

    return run


def options(command, name):
    return [value for key, value in pairwise(command) if key == name]


def test_a_private_server_listens_here_and_has_no_token(start):
    command, environment, said = start("--port", "8765")
    assert os.path.isfile(command[4]) and command[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert options(command, "--server.address") == ["127.0.0.1"]
    assert options(command, "--server.port") == ["8765"]
    assert {"localhost", "127.0.0.1"} <= set(options(command, "--server.allowedHosts"))
    assert not {"MMMIE_READ_ONLY", "MMMIE_ROOTS", "MMMIE_TEACHER_TOKEN"} & set(environment)
    assert not said


def test_a_server_that_others_reach_prints_the_token_that_it_gets(start):
    command, environment, said = start("--address", "0.0.0.0", "--allow-host", "lab.example.org")
    assert "lab.example.org" in options(command, "--server.allowedHosts")
    assert len(environment["MMMIE_TEACHER_TOKEN"]) >= 16
    assert environment["MMMIE_TEACHER_TOKEN"] in said
    assert environment["MMMIE_TEACHER_TOKEN"] not in " ".join(command)  # which others see in `ps`


def test_a_token_that_is_set_stays(start, monkeypatch):
    monkeypatch.setenv("MMMIE_TEACHER_TOKEN", "correct-horse")
    _, environment, said = start()
    assert environment["MMMIE_TEACHER_TOKEN"] == "correct-horse" and "correct-horse" in said


def test_read_only_and_roots_reach_the_server(start, tmp_path):
    (tmp_path / "models").mkdir()
    roots = ["--root", str(tmp_path), "--root", str(tmp_path / "models" / "..")]
    command, environment, _ = start("--read-only", *roots)
    assert environment["MMMIE_READ_ONLY"] == "1"
    assert environment["MMMIE_ROOTS"].split(os.pathsep) == [str(tmp_path.resolve())] * 2
    assert options(command, "--server.maxUploadSize") == ["0"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--root", "not-there"],
        ["--port", "0"],
        ["--port", "70000"],
        ["--port", "seven"],
        ["--address", "0.0.0.0"],
        ["--address", "::"],
        ["--address", ""],
        ["--address", "203.0.113.7", "--port", "8799"],  # of no interface here
        ["--allow-host", "https://lab.example.org/"],
        ["--allow-host", "lab.example.org:8501"],
        ["elsewhere"],
    ],
    ids=" ".join,
)
def test_bad_options_are_one_line_and_nothing_starts(start, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(["app", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_taken_port_is_one_line(start, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["app", "--port", str(port)])
    assert ended.value.code == 2 and str(port) in capsys.readouterr().err


def test_the_app_is_found_in_the_package_or_beside_it(start, monkeypatch, tmp_path):
    (tmp_path / "mmmie").mkdir()
    monkeypatch.setattr("mmmie.__file__", str(tmp_path / "mmmie" / "__init__.py"))
    for folder in ("app", "mmmie/app"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.py").touch()
        assert start()[0][4] == str(tmp_path / folder / "main.py")


def test_python_m_mmmie_knows_it():
    asked = subprocess.run([sys.executable, "-m", "mmmie", "app", "--help"], capture_output=True)
    assert asked.returncode == 0 and b"--read-only" in asked.stdout
