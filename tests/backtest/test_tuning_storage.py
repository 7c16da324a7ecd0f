"""Where trials are kept: a SQLite file or a server, and what is said where neither can be had."""

import sys

import optuna
import pytest

from backtest.tuning_storage import (
    open_storage,
    storage_url,
    told_if_away,
    without_password,
)
from utils.errors import ConfigError


def test_storage_is_by_default_a_file_of_the_studys_own(tmp_path):
    assert storage_url(None, tmp_path, "s") == f"sqlite:///{tmp_path}/s.db"
    assert storage_url("here/t.db", tmp_path, "s") == "sqlite:///here/t.db"
    assert storage_url("postgresql://u@h/d", tmp_path, "s") == "postgresql://u@h/d"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:pass@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql+psycopg://me:p%40ss:w@host/db", "postgresql+psycopg://me:***@host/db"),
        ("postgresql://me:p@ss@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://h/db?user=me&password=pass", "postgresql://h/db?user=me&password=***"),
        ("sqlite:////folder/x.db", "sqlite:////folder/x.db"),
    ],
)
def test_password_is_never_shown(url, shown):
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/d", "no url", "sqlite://", "postgresql://u:secret@h", "sqlite:///"]
)
def test_url_of_no_storage_of_ours_is_refused_without_its_password(url):
    with pytest.raises(ConfigError, match="--storage` must be sqlite") as refused:
        open_storage(url)
    assert "secret" not in str(refused.value)


def test_storage_in_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write `--storage sqlite.*file/x.db`"):
        open_storage(f"sqlite:///{tmp_path / 'file' / 'x.db'}")


def test_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "x.db").write_text("these are no tables\n" * 100)
    with pytest.raises(ConfigError, match="cannot open `--storage.*not a database"):
        open_storage(f"sqlite:///{tmp_path / 'x.db'}")


def test_server_that_does_not_answer_is_one_line_without_the_password():
    with pytest.raises(ConfigError, match="cannot open `--storage postgresql") as refused:
        open_storage("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_storage_that_goes_away_in_the_midst_is_one_line_that_says_what_is_kept(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    study = optuna.create_study(storage=open_storage(url), study_name="s")
    study.ask()
    (tmp_path / "x.db").write_text("these are no tables\n" * 1000)
    wanted = "`--storage sqlite.*cannot be reached or written any more: .*; trials that were finish"
    with pytest.raises(ConfigError, match=wanted) as refused, told_if_away(url):
        study.ask()
    assert "\n" not in str(refused.value)


def test_driver_that_is_missing_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"psycopg.*requirements-extras\.txt") as refused:
        open_storage("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(refused.value)
