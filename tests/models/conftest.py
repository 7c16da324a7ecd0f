"""A saved model for the tests of its files."""

from pathlib import Path

import pytest

from models.artifacts import save_model
from tests.helpers.model_files import ARRAYS, model_description


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return a model directory of two small arrays."""
    save_model(tmp_path / "model", model_description(), ARRAYS)
    return tmp_path / "model"
