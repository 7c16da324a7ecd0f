"""Freed memory is kept where glibc allows it, and nothing is touched elsewhere."""

import ctypes
import platform
import sys

import pytest

from models import allocator
from models.allocator import keep_freed_memory


class Library:
    """A C library that notes what it is asked to do."""

    def __init__(self, largest):
        self.asked = []
        self._largest = largest

    def mallopt(self, name, value):
        self.asked.append((name, value))
        return int(value <= self._largest)


def installed(monkeypatch, largest=2**31, system="linux", library="glibc"):
    fake = Library(largest)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: fake)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "libc_ver", lambda: (library, "2.39"))
    return fake


def test_allocator_asks_glibc_to_keep_blocks_and_not_to_trim(monkeypatch):
    library = installed(monkeypatch)
    assert keep_freed_memory()
    assert library.asked == [(-3, 1_073_741_824), (-1, 2_147_483_647)]


def test_allocator_asks_an_older_glibc_for_less(monkeypatch):
    library = installed(monkeypatch, largest=2**25)
    assert not keep_freed_memory()
    assert library.asked == [(-3, 1_073_741_824), (-3, 33_554_432), (-1, 2_147_483_647)]


@pytest.mark.parametrize(
    ("system", "library"), [("darwin", ""), ("win32", ""), ("linux", ""), ("linux", "musl")]
)
def test_allocator_leaves_anything_else_alone(monkeypatch, system, library):
    fake = installed(monkeypatch, system=system, library=library)
    assert not allocator.keep_freed_memory()
    assert fake.asked == []
