"""A Ray cluster of two nodes with one processor each, on this machine, for tests."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backtest.ray_connection import QUIET

OBJECTS_BYTES = 100_000_000
"""Memory of a node for bars and outcomes."""


@contextmanager
def two_nodes() -> Iterator[str]:
    """Yield the address of a cluster that reports to nobody and has no dashboard."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed")
    before = {name: os.environ.get(name) for name in QUIET}
    os.environ.update(QUIET)
    listener = signal.getsignal(signal.SIGTERM)
    node = {"num_cpus": 1, "object_store_memory": OBJECTS_BYTES}
    cluster = cluster_utils.Cluster(
        initialize_head=True, head_node_args={**node, "include_dashboard": False}
    )
    try:
        cluster.add_node(**node)
        signal.signal(signal.SIGTERM, listener)  # the nodes would be ended here, with code 1
        yield cluster.address
    finally:
        cluster.shutdown()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
