"""``mmmie app``: the dashboard."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import click

import mmmie
from mmmie.errors import InputError
from mmmie.hosting import READ_ONLY, ROOTS, TEACHER_TOKEN, teacher_token

_HERE = "127.0.0.1"
_OWN_NAMES = ("localhost", _HERE, "::1")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="default: 8501, or the next free one.")
@click.option("--read-only", is_flag=True, help="Only show: nothing is started, changed or sent.")
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder that may be opened, and then none outside; can be given again.",
)
@click.option("--address", default=_HERE, show_default=True, help="Where to listen.")
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name under which others reach this server, such as lab.example.org; can be given "
    "again.",
)
def app(
    port: int | None, read_only: bool, roots: tuple[Path, ...], address: str, hosts: tuple[str, ...]
) -> None:
    """The dashboard, for yourself or for a class; see docs/hosting.md.

    A server that others reach prints the teacher's token: runs then belong to whoever started
    them, and only they, or who gives the token, may steer or delete them.
    """
    main = _app_folder() / "main.py"
    arguments = ["--server.address", address]
    if port is not None:
        _check_free(address, port)
        arguments += ["--server.port", str(port)]
    for host in (*_OWN_NAMES, *_names(address, hosts)):
        arguments += ["--server.allowedHosts", host]
    environment = dict(os.environ)
    if read_only:
        environment[READ_ONLY] = "1"
        arguments += ["--server.maxUploadSize", "0"]
    if roots:
        environment[ROOTS] = os.pathsep.join(str(_folder(root)) for root in roots)
    token = teacher_token()
    if not token and (hosts or not _is_loopback(address)):
        token = environment[TEACHER_TOKEN] = secrets.token_urlsafe(12)
    if token and not read_only:
        click.echo(f"The teacher's token: {token}", err=True)
    command = [sys.executable, "-m", "streamlit", "run", str(main), *arguments]
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)


def _app_folder() -> Path:
    """Where the app is: inside of this package, or beside it in a checkout."""
    package = Path(mmmie.__file__).parent
    for folder in (package / "app", package.parent / "app"):
        if (folder / "main.py").is_file():
            if find_spec("streamlit") is None:
                raise InputError(
                    "app: the package streamlit is missing; run `pip install streamlit`"
                )
            return folder
    raise InputError(f"app: there is no dashboard beside {package}; run it from a checkout")


def _check_free(address: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"--port {port}: cannot be opened at {address} ({reason}); name another one"
        ) from None


def _names(address: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The names under which others reach a server."""
    if not address:
        raise InputError(f"--address: is empty; give one, such as {_HERE}")
    for host in hosts:
        if not host or (any(letter in host for letter in "/@: ") and not _is_address(host)):
            raise InputError(
                f"--allow-host {host}: is no name; give it without port and path, such as "
                f"lab.example.org"
            )
    if _is_loopback(address) or not _is_address(address) or int(ipaddress.ip_address(address)):
        return (*hosts, address)
    if not hosts:
        raise InputError(
            f"--address {address}: say with --allow-host under which name others reach this "
            f"server; a request under any other name is refused"
        )
    return hosts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    if _is_address(address):
        return ipaddress.ip_address(address).is_loopback
    return address == "localhost"


def _folder(root: Path) -> Path:
    if not root.is_dir():
        raise InputError(f"--root {root}: is no folder; name one that is there")
    if os.pathsep in str(root):
        raise InputError(f"--root {root}: has `{os.pathsep}` in its name; name another folder")
    return root.resolve()
