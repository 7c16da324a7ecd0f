"""A saved model for the tests of its files, and one thread for those that compute much."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.artifacts import save_model
from models.determinism import torch_threads
from tests.helpers.model_files import ARRAYS, model_description


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return a model directory of two small arrays."""
    save_model(tmp_path / "model", model_description(), ARRAYS)
    return tmp_path / "model"


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread, as an agent does: beside other tests, more of them only wait."""
    with torch_threads(1):
        yield
