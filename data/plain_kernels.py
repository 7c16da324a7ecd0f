"""A kernel as the plain Python that it was written as, and what it reads from outside of itself.

numba freezes whatever a function reads from its module, arrays too, so a kernel could know there
what no bar has told it. Running kernels is left to data/feature_memory.py.
"""

import dis
from collections.abc import Callable, Iterator
from enum import Enum
from numbers import Number
from types import CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any, Protocol, cast

import numpy as np
from numba.extending import is_jitted

from utils.jit import is_compiling

LONGEST_TUPLE = 16
"""Numbers in a tuple that is still a setting, not a table of what will be."""

LIBRARIES = ("builtins", "cmath", "math", "numpy")
"""Whose functions and types a kernel may use."""

_ABSENT = object()


class Dispatcher(Protocol):
    """What numba makes of a function."""

    py_func: FunctionType


def python_of(value: Any) -> FunctionType | None:
    """Return the Python function behind a compiled one; without the JIT, the function itself."""
    if is_jitted(value):
        return cast("Dispatcher", value).py_func
    if isinstance(value, FunctionType) and not _is_of_library(value) and not is_compiling():
        return value
    return None


def foreign_value(kernel: object) -> str:
    """Return what a kernel, or a function it calls, reads and must not; "" where there is none.

    Numbers, text, enumerations, short tuples of them, functions with @jit and those of math and
    numpy are what it may read.
    """
    seen: list[FunctionType] = []
    waiting = [python_of(kernel)]
    while waiting:
        function = waiting.pop()
        if function is None or function in seen:
            continue
        seen.append(function)
        for path, value in _read_outside(function):
            inner = python_of(value)
            if inner is not None:
                waiting.append(inner)
            elif not _is_allowed(value):
                return _refusal(function, path, value)
    return ""


def _refusal(function: FunctionType, path: str, value: object) -> str:
    if isinstance(value, FunctionType):
        return f"`{function.__name__}` calls `{path}`, which needs @jit (utils.jit) too"
    return (
        f"`{function.__name__}` reads `{path}` ({type(value).__name__}) from outside: a kernel "
        "remembers in its `state` only, and is set by its `parameters`"
    )


def _is_allowed(value: object) -> bool:
    if value is None or isinstance(value, Number | str | Enum):
        return True
    if isinstance(value, tuple):
        return len(value) <= LONGEST_TUPLE and all(isinstance(item, Number | str) for item in value)
    return _is_of_library(value) or (isinstance(value, type) and issubclass(value, Enum | tuple))


def _is_of_library(value: object) -> bool:
    """Return whether a value is a function or type of LIBRARIES."""
    if isinstance(value, np.ufunc):
        return True
    home = getattr(value, "__module__", None) or ""
    is_chance = home.startswith("numpy.random")
    return callable(value) and home.split(".")[0] in LIBRARIES and not is_chance


def _read_outside(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield name and value of all that a function reads and was not given, modules resolved."""
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield "a default", value
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        yield name, cell.cell_contents
    for code in _codes(function.__code__):
        yield from _globals_read(code, function.__globals__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code, and that of functions and loops inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _globals_read(code: CodeType, namespace: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield path and value of the globals that code reads, e.g. "math.pi"."""
    path, value = "", _ABSENT
    for instruction in dis.get_instructions(code):
        if isinstance(value, ModuleType) and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            value = getattr(value, instruction.argval, _ABSENT)
            path = f"{path}.{instruction.argval}"
        else:
            if isinstance(value, ModuleType):  # handed on whole: nobody knows what is read of it
                yield path, value
            path, value = "", _ABSENT
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                path = instruction.argval
                value = namespace.get(path, _ABSENT)
        if value is not _ABSENT and not isinstance(value, ModuleType):
            yield path, value
            value = _ABSENT


def plain_kernel(kernel: object) -> Callable[..., None]:
    """Return a kernel as Python, and with it all compiled functions that it calls."""
    function = python_of(kernel)
    assert function is not None
    return _plain(function, {})


def _plain(function: FunctionType, copies: dict[FunctionType, FunctionType]) -> FunctionType:
    """Return a copy of a function that calls copies of what it calls; one of each."""
    if function in copies:
        return copies[function]
    namespace = dict(function.__globals__)
    copy = FunctionType(
        function.__code__,
        namespace,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copies[function] = copy
    for path, value in _read_outside(function):
        inner = python_of(value)
        if inner is not None and path.split(".")[0] in namespace:
            _put(namespace, path.split("."), _plain(inner, copies))
    return copy


def _put(namespace: dict[str, Any], path: list[str], function: FunctionType) -> None:
    """Let a name, or a module's attribute, stand for a function."""
    name, *attributes = path
    for attribute in attributes:
        holder = namespace[name]
        if isinstance(holder, ModuleType):
            holder = SimpleNamespace(**vars(holder))
        namespace[name] = holder
        namespace, name = vars(holder), attribute
    namespace[name] = function
