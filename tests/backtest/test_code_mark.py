"""Marks of code: equal where the sources are, and a line on the first difference."""

from dataclasses import replace
from pathlib import Path

import pytest

from backtest.code_mark import CodeMark, code_mark, difference

MARK = CodeMark(sources="a" * 64, versions=(("python", "3.11.7"), ("torch", "2.13.0")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a checkout of two files."""
    for name in ("env/costs.py", "config/profiles/smoke.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("one\n", encoding="utf-8")
    return tmp_path


def _sources(root: Path) -> str:
    code_mark.cache_clear()
    return code_mark(root).sources


@pytest.mark.parametrize("name", ["env/costs.py", "config/profiles/smoke.toml", "env/new.py"])
def test_code_mark_changes_with_any_source(root, name):
    before = _sources(root)
    assert _sources(root) == before
    (root / name).write_text("two\n", encoding="utf-8")
    assert _sources(root) != before


@pytest.mark.parametrize("name", ["tests/test_costs.py", "env/notes.txt", "data/storage/bars.csv"])
def test_code_mark_does_not_see_what_changes_no_result(root, name):
    before = _sources(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("two\n", encoding="utf-8")
    assert _sources(root) == before


def test_code_mark_of_a_renamed_source_is_another(root):
    before = _sources(root)
    (root / "env/costs.py").rename(root / "env/prices.py")
    assert _sources(root) != before


@pytest.mark.parametrize(
    ("own", "line"),
    [
        (replace(MARK, versions=(("python", "3.11.7"), ("torch", "2.12.0"))), "torch 2.12.0, the"),
        (replace(MARK, versions=(("python", "3.11.7"),)), "has torch None, the driver 2.13.0"),
        (replace(MARK, sources="b" * 64), r"other sources \(bbbbbbbbbbbb\) than the driver"),
    ],
)
def test_difference_of_code_names_what_differs(own, line):
    import re

    assert re.search(line, difference(MARK, own) or "")


def test_difference_of_the_same_code_is_none():
    assert difference(MARK, replace(MARK)) is None
