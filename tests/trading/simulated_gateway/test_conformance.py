"""Unmodified clients through every flow against the real broker, each in its own environment.

What a flow does and expects is in clients/; here is who runs them. The environments of ib_insync
and of the official decoder are made by `make broker-envs`.
"""

import ast
import sys
from pathlib import Path

import pytest

from tests.helpers.gateway_hosts import hosted_gateway, run_flows
from utils.paths import PROJECT_ROOT

CLIENTS = Path(__file__).parent / "clients"
FLOW_FILES = {
    "ib_flows": ("market_flows.py", "order_flows.py", "wire_flows.py"),
    "ibapi_flows": ("ibapi_flows.py",),
}
pytestmark = pytest.mark.conformance


def environment(name: str) -> Path:
    """Return the Python of a client's environment, or skip the test."""
    python = PROJECT_ROOT / name / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"no {name} here: make broker-envs")
    return python


def listed_flows(program: str) -> set[str]:
    """Return the names of a program's flows, from its sources: they need no client library."""
    names = set()
    for file in FLOW_FILES[program]:
        for node in ast.parse((CLIENTS / file).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOWS":
                names.update(ast.unparse(element) for element in node.value.elts)
    return names


def failures(python: Path | str, program: str, *arguments: str, version: int = 176) -> dict:
    """Return what went wrong in which flow of a program; every flow must have been run."""
    with hosted_gateway(version) as (gateway, control_port):
        ports = (str(gateway.port), str(control_port))
        errors = run_flows(python, program, *arguments, *ports)
    assert set(errors) == listed_flows(program)
    return {name: error for name, error in errors.items() if error}


def test_conformance_ib_async_passes_every_flow():
    assert failures(sys.executable, "ib_flows", "ib_async") == {}


def test_conformance_ib_insync_passes_every_flow():
    assert failures(environment(".venv-insync"), "ib_flows", "ib_insync") == {}


def test_conformance_official_client_passes_every_flow():
    assert failures(environment(".venv-ibapi"), "ibapi_flows") == {}


@pytest.mark.slow
@pytest.mark.parametrize("version", [157, 163, 164, 166, 170, 174, 178])
def test_conformance_ib_async_passes_every_flow_in_version(version):
    assert failures(sys.executable, "ib_flows", "ib_async", version=version) == {}


@pytest.mark.slow
@pytest.mark.parametrize("version", [157, 163, 164, 166, 170, 174, 178])
def test_conformance_ib_insync_passes_every_flow_in_version(version):
    python = environment(".venv-insync")
    assert failures(python, "ib_flows", "ib_insync", version=version) == {}
