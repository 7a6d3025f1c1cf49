from __future__ import annotations

import subprocess
import sys

import pytest

import mmmie.mi


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_importing_it_loads_no_torch():
    run("import sys, mmmie.mi; assert 'torch' not in sys.modules")


@pytest.mark.slow
def test_it_uses_nothing_else_of_the_package_and_no_module_hides_a_function():
    run(
        "import sys, mmmie.mi.estimation, mmmie.mi\n"
        "alien = [name for name in sys.modules if name.startswith('mmmie.')\n"
        "         and not name.startswith(('mmmie.mi', 'mmmie.errors'))]\n"
        "assert not alien, alien\n"
        "assert callable(mmmie.mi.estimate) and callable(mmmie.mi.estimate)\n"
        "assert 'zuko' not in sys.modules"
    )


def test_every_public_name_is_there():
    for name in mmmie.mi.__all__:
        assert getattr(mmmie.mi, name).__doc__
    assert not hasattr(mmmie.mi, "no_such_name")
