"""What others could have changed."""

import os
import sys
from pathlib import Path

import pytest

from utils.private_files import why_not_private, why_not_private_tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@pytest.mark.parametrize(("mode", "is_private"), [(0o600, True), (0o644, True), (0o660, False)])
def test_private_file_is_one_that_its_owner_alone_can_write(tmp_path, mode, is_private):
    path = tmp_path / "model"
    path.touch()
    path.chmod(mode)
    why = why_not_private(path)
    assert (why is None) == is_private
    assert is_private or "chmod go-w" in why


def test_private_folder_that_anybody_can_write_is_none(tmp_path):
    tmp_path.chmod(0o1777)
    assert "drwxrwxrwt" in why_not_private(tmp_path)


def test_private_file_that_is_not_there_is_nobodys_fault(tmp_path):
    assert why_not_private(tmp_path / "x") is None


def test_private_file_of_somebody_else_is_none(tmp_path, monkeypatch):
    path = tmp_path / "model"
    path.touch()
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert "belongs to another user" in why_not_private(path)


@pytest.fixture
def tree(tmp_path):
    """A folder with a file in a folder in it, below two that are private too."""
    folder = tmp_path / "above" / "models" / "one"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "weights").write_text("x")
    return folder


def test_private_tree_is_one_that_others_can_write_nowhere(tree):
    assert why_not_private_tree(tree) is None
    assert why_not_private_tree(tree / "none") is None


@pytest.mark.parametrize(
    ("place", "mode"),
    [
        ("inner/weights", 0o664),
        ("inner/weights", 0o646),
        ("inner", 0o775),
        (".", 0o775),
        (".", 0o1777),
        ("..", 0o777),
        ("../..", 0o775),
    ],
)
def test_private_tree_is_none_where_others_can_write_in_it_or_above_it(tree, place, mode):
    (tree / place).resolve().chmod(mode)
    assert "others can write" in why_not_private_tree(tree)


def test_private_tree_in_a_folder_for_all_in_which_each_keeps_their_own_is_one(tree):
    tree.parent.chmod(0o1777)
    assert why_not_private_tree(tree) is None


def test_private_tree_with_a_link_in_it_is_none(tree):
    (tree / "inner" / "other").symlink_to(tree / "inner" / "weights")
    assert "other` is a link" in why_not_private_tree(tree)


def test_private_tree_by_a_link_is_one_only_if_others_cannot_lead_it_elsewhere(tree, tmp_path):
    between, link = tmp_path / "between", tmp_path / "link"
    between.mkdir()
    (between / "next").symlink_to(tree)
    link.symlink_to(Path("between") / "next")
    assert why_not_private_tree(link) is None
    between.chmod(0o777)
    assert "others can write" in why_not_private_tree(link)
    between.chmod(0o755)
    tree.parent.chmod(0o777)
    assert "others can write" in why_not_private_tree(link)
