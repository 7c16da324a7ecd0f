"""Compiled code is never yesterday's: its cache is named after all kernel sources."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from utils.jit import COMPILED_SOURCES, sources_hash
from utils.paths import PROJECT_ROOT

INNER = "from utils.jit import jit\n\n@jit\ndef inner():\n    return {value}\n"
OUTER = """
from data.inner import inner
from utils.jit import jit

@jit
def outer():
    return inner() + 1

print(outer())
"""

LEAN = """
import numpy as np
from utils.jit import inner_jit, jit, lean_jit

@jit
def total_of_new(n):
    return np.ones(n).sum()

@inner_jit
def doubled(values):
    return 2.0 * values[0]

@lean_jit
def lean(values):
    return total_of_new(3) + doubled(values[1:])

@lean_jit
def making(n):
    return np.ones(n).sum()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of utils beside a package with two kernels, one of which calls the other."""
    shutil.copytree(PROJECT_ROOT / "utils", tmp_path / "utils")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").touch()
    (tmp_path / "data" / "inner.py").write_text(INNER.format(value=1), encoding="utf-8")
    (tmp_path / "data" / "outer.py").write_text(OUTER, encoding="utf-8")
    return tmp_path


def finished(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy in a fresh process, and return it when it has succeeded."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def run_python(tree: Path, *arguments: str) -> str:
    """Run Python on the copy in a fresh process and return what it prints."""
    return finished(tree, *arguments).stdout.strip()


def test_jit_cache_lies_in_a_folder_named_after_the_sources(tree: Path) -> None:
    code = "import os, utils.jit; print(utils.jit.CACHE_DIR, os.environ['NUMBA_CACHE_DIR'])"
    expected = str(tree / "var" / "numba" / sources_hash(tree))
    assert run_python(tree, "-c", code) == f"{expected} {expected}"


def test_sources_hash_copy_elsewhere_made_later_gives_the_same_hash(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(tree, elsewhere)
    os.utime(elsewhere / "data" / "inner.py", (0, 0))
    assert sources_hash(elsewhere) == sources_hash(tree)


def test_sources_hash_covers_every_file_that_compiles() -> None:
    hashed = {path for pattern in COMPILED_SOURCES for path in PROJECT_ROOT.glob(pattern)}
    packages = [path.parent for path in PROJECT_ROOT.glob("[a-z]*/__init__.py")]
    compiling = {
        path
        for package in packages
        if package.name != "tests"
        for path in package.rglob("*.py")
        if re.search(
            r"^\s*(from utils\.jit import .*jit\b|(from|import) numba\b)",
            path.read_text(encoding="utf-8"),
            re.M,
        )
    }
    assert PROJECT_ROOT / "utils" / "jit.py" in compiling
    assert PROJECT_ROOT / "env" / "kernel" / "matching.py" in compiling
    assert compiling <= hashed


@pytest.mark.parametrize("folder", ["data", "env/kernel"])
def test_sources_hash_changes_with_a_new_or_edited_source(tree: Path, folder: str) -> None:
    source = tree / folder / "kernel.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    before = sources_hash(tree)
    source.write_text("a = 1\n", encoding="utf-8")
    added = sources_hash(tree)
    source.write_text("a = 2\n", encoding="utf-8")
    assert len({before, added, sources_hash(tree)}) == 3


def test_sources_hash_ignores_what_holds_no_kernel(tree: Path) -> None:
    before = sources_hash(tree)
    (tree / "README.md").write_text("text", encoding="utf-8")
    (tree / "data" / "notes.txt").write_text("text", encoding="utf-8")
    assert sources_hash(tree) == before


def test_jit_edited_callee_in_another_file_takes_effect_at_once(tree: Path) -> None:
    assert run_python(tree, "-m", "data.outer") == "2"
    (tree / "data" / "inner.py").write_text(INNER.format(value=41), encoding="utf-8")
    assert run_python(tree, "-m", "data.outer") == "42"


def test_lean_jit_calls_what_makes_arrays_and_what_has_no_entry(tree: Path) -> None:
    (tree / "data" / "lean.py").write_text(LEAN, encoding="utf-8")
    code = "import numpy as np; from data.lean import lean; print(lean(np.arange(4.0)))"
    assert [run_python(tree, "-c", code) for _ in range(2)] == ["5.0", "5.0"]


def test_lean_jit_function_that_makes_an_array_does_not_compile(tree: Path) -> None:
    (tree / "data" / "lean.py").write_text(LEAN, encoding="utf-8")
    code = "from numba.core.errors import TypingError\nfrom data.lean import making\n"
    code += "try:\n    making(3)\nexcept TypingError:\n    print('refused')"
    assert run_python(tree, "-c", code) == "refused"


@pytest.mark.parametrize("first", ["", "import numba; "])
def test_jit_compiled_code_lies_in_the_cache_folder(tree: Path, first: str) -> None:
    run_python(tree, "-c", f"{first}import data.outer")
    assert list((tree / "var" / "numba" / sources_hash(tree)).glob("*/*.nbc"))
    assert not list((tree / "data").rglob("*.nbc"))


def test_jit_cache_that_cannot_be_made_is_a_temporary_one_and_said(tree: Path) -> None:
    (tree / "var").touch()
    code = "import data.outer, utils.jit; print(utils.jit.CACHE_DIR)"
    first = finished(tree, "-c", code)
    number, folder = first.stdout.split()
    assert number == "2"
    assert not Path(folder).exists()
    (line,) = first.stderr.splitlines()
    assert line.endswith(f"this run compiles anew, into {folder}")
    assert f"`{tree / 'var' / 'numba' / sources_hash(tree)}`" in line
    assert not list((tree / "data").rglob("*.nbc"))


def test_jit_callee_edited_where_no_cache_can_be_made_takes_effect_at_once(tree: Path) -> None:
    (tree / "var").touch()
    assert run_python(tree, "-m", "data.outer") == "2"
    (tree / "data" / "inner.py").write_text(INNER.format(value=41), encoding="utf-8")
    assert run_python(tree, "-m", "data.outer") == "42"


def test_jit_caches_of_other_sources_are_kept_up_to_three_by_last_use(tree: Path) -> None:
    caches = tree / "var" / "numba"
    for age, digit in enumerate("abcde"):
        (caches / (digit * 16)).mkdir(parents=True)
        os.utime(caches / (digit * 16), (1_000_000 - age, 1_000_000 - age))
    (caches / "mine").mkdir()
    run_python(tree, "-c", "import utils.jit")
    kept = {path.name for path in caches.iterdir()}
    assert kept == {"a" * 16, "b" * 16, "c" * 16, "mine", sources_hash(tree)}
