"""Compiled code is never yesterday's: its cache is named after all kernel sources."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from utils.jit import sources_hash
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


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of utils beside a package with two kernels, one of which calls the other."""
    shutil.copytree(PROJECT_ROOT / "utils", tmp_path / "utils")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").touch()
    (tmp_path / "data" / "inner.py").write_text(INNER.format(value=1), encoding="utf-8")
    (tmp_path / "data" / "outer.py").write_text(OUTER, encoding="utf-8")
    return tmp_path


def run_python(tree: Path, *arguments: str) -> str:
    """Run Python on the copy in a fresh process and return what it prints."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return result.stdout.strip()


def test_jit_cache_lies_in_a_folder_named_after_the_sources(tree: Path) -> None:
    code = "import os, utils.jit; print(utils.jit.CACHE_DIR, os.environ['NUMBA_CACHE_DIR'])"
    expected = str(tree / "var" / "numba" / sources_hash(tree))
    assert run_python(tree, "-c", code) == f"{expected} {expected}"


def test_sources_hash_same_tree_gives_the_same_hash(tree: Path) -> None:
    assert sources_hash(tree) == sources_hash(tree)


@pytest.mark.parametrize("folder", ["data", "env/kernel", "backtest"])
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
