"""Versions and revision are found where they are, and looking never fails."""

import subprocess

import torch

from utils.provenance import code_provenance, git_revision, project_version, versions


def _git(folder, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_project_version_is_read_from_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    assert project_version(tmp_path) == "1.2.3"


def test_project_version_without_a_readable_pyproject_is_unknown(tmp_path):
    assert project_version(tmp_path) == "unknown"
    for text in ("[tool]\n", "not = [toml", "project = 3\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert project_version(tmp_path) == "unknown"


def test_versions_names_python_and_torch():
    found = versions()
    assert found["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert found["python"].count(".") == 2
    assert "unknown" not in (found["numpy"], found["stable_baselines3"], found["safetensors"])


def test_git_revision_outside_a_repository_is_none(tmp_path):
    assert git_revision(tmp_path) is None


def test_git_revision_before_the_first_commit_is_none(tmp_path):
    _git(tmp_path, "init")
    assert git_revision(tmp_path) is None


def test_git_revision_is_the_commit_and_says_when_files_differ(tmp_path):
    _git(tmp_path, "init")
    (tmp_path / "file").write_text("a")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-m", "first")
    _git(tmp_path, "tag", "v1")
    commit = _git(tmp_path, "rev-parse", "HEAD")
    assert git_revision(tmp_path) == commit
    (tmp_path / "file").write_text("b")
    assert git_revision(tmp_path) == f"{commit}-dirty"


def test_git_revision_without_git_is_none(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_revision(tmp_path) is None


def test_code_provenance_has_versions_and_revision():
    assert set(code_provenance()) == {"versions", "git_revision"}
