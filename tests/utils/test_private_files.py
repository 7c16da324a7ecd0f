"""What others could have changed."""

import os
import sys

import pytest

from utils.private_files import why_not_private

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
