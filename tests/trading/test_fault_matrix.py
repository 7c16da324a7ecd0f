"""Each numbered fault has tests, which can be found and run together: `pytest -m faults`."""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
IDS = set(range(1, 45))
"""Of the fault matrix; what each is, and what must be done about it, its tests say."""

NAME = re.compile(r"test_fault_(\d+)_[a-z]")
MARK = "pytest.mark.faults"


def fault_tests() -> list[tuple[int, str, bool]]:
    """Return the fault, the name and whether it bears the mark, of each test here that has one."""
    found = []
    for path in sorted(FOLDER.glob("test_*.py")):
        tree = ast.parse(path.read_text())
        marks = [ast.unparse(one) for one in tree.body if isinstance(one, ast.Assign)]
        is_all_marked = any(one.startswith("pytestmark") and MARK in one for one in marks)
        for one in tree.body:
            name = NAME.match(one.name) if isinstance(one, ast.FunctionDef) else None
            if name is not None and isinstance(one, ast.FunctionDef):
                own = any(ast.unparse(mark).startswith(MARK) for mark in one.decorator_list)
                found.append((int(name[1]), one.name, own or is_all_marked))
    return found


def test_each_fault_of_the_matrix_has_a_test_and_no_other_has_a_number():
    assert {number for number, _, _ in fault_tests()} == IDS


def test_each_test_of_a_fault_bears_the_mark():
    assert [name for _, name, is_marked in fault_tests() if not is_marked] == []
