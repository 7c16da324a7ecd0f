"""Code that several processes compile and keep at once is never taken for each other's."""

import subprocess
import sys

import numba
import pytest

from utils.jit import lean_jit
from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="nothing is compiled without the JIT"
)


@lean_jit
def doubled(value):
    return value + value


def cache_file():
    return doubled._cache._cache_file


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_file(), "_cache_path", str(tmp_path))
    monkeypatch.setattr(cache_file(), "_index_path", str(tmp_path / "index.nbi"))


def test_code_saved_last_does_not_lie_in_the_file_that_another_index_names():
    file = cache_file()
    file.save("integers", "code for integers")
    index_of_the_first = dict(file._load_index())
    file._save_index({})  # the second process has seen no index
    file.save("floats", "code for floats")
    file._save_index(index_of_the_first)  # and the first one writes its own last
    assert file.load("integers") == "code for integers"
    assert file.load("floats") is None  # compiled again, never another's


def test_code_is_there_before_the_index_names_it(monkeypatch):
    file = cache_file()

    def killed(overloads):
        raise KeyboardInterrupt

    monkeypatch.setattr(file, "_save_index", killed)
    with pytest.raises(KeyboardInterrupt):
        file.save("integers", "code for integers")
    assert file.load("integers") is None


def test_code_of_both_types_is_found_again():
    file = cache_file()
    file.save("integers", "code for integers")
    file.save("floats", "code for floats")
    assert (file.load("integers"), file.load("floats")) == ("code for integers", "code for floats")


SYMBOLS = """
import sys
import numpy as np
import utils.jit
from numba import from_dtype
from numba.core.itanium_mangler import mangle
types = {"narrow": [("value", "i8")], "wide": [("before", "i8"), ("value", "i8")]}
symbols = {name: mangle("f", [from_dtype(np.dtype(types[name]))]) for name in sys.argv[1:]}
print(symbols["narrow"], symbols["wide"])
"""


def test_symbols_of_record_types_do_not_depend_on_the_order_of_a_process():
    """Or code of one process would call another's, which was compiled for other fields."""
    orders = (("narrow", "wide"), ("wide", "narrow"))
    answers = [
        subprocess.run(
            [sys.executable, "-c", SYMBOLS, *names],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for names in orders
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] != answers[0][1]
