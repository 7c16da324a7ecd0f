"""Models within models: arrays lie under a prefix, and messages name them in full."""

from models.forecast.family import Arrays, QuantileModel
from models.prefixed import part_of
from utils.errors import ArtifactError


def load_part(model: QuantileModel, arrays: Arrays, prefix: str, where: str) -> None:
    """Let a model take over the arrays whose names begin with `prefix`.

    Raises:
        ArtifactError: As the model's own, with the prefix before the array's name.
    """
    try:
        model.load_arrays(part_of(arrays, prefix), where)
    except ArtifactError as error:
        raise ArtifactError(str(error).replace("array `", f"array `{prefix}", 1)) from error
