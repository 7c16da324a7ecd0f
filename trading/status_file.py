"""status.json: the trader's status on the disk, for `trade.py status` and for health checks.

It is replaced in one step, so that who reads it never sees half of it. Writing waits for the disk:
a trader calls it from a thread of its own.
"""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from trading.status import TraderStatus
from utils.errors import DataError
from utils.files import write_json_atomically
from utils.sealed_json import parsed_strictly

STATUS_FILE = "status.json"

_STATUS = TypeAdapter(TraderStatus)


def write_status(path: Path, status: TraderStatus) -> None:
    """Replace the file.

    Raises:
        ConfigError: If it cannot be written; trading does not depend on it.
    """
    write_json_atomically(path, _STATUS.dump_python(status, mode="json"))


def read_status(path: Path) -> TraderStatus:
    """Return what the file says.

    Raises:
        DataError: If there is no such file, or it is not a trader's status.
    """
    try:
        content = path.read_bytes()
        parsed_strictly(content)
        return _STATUS.validate_json(content, strict=True)
    except OSError as error:
        raise DataError(
            f"cannot read `{path}`: {error.strerror or error}; has a trader run here?"
        ) from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise DataError(f"`{path}` is not a trader's status; is it of another version?") from error
