"""README.md says what is so: its Python runs, its files exist; its commands are run by .ci/run."""

import re
import subprocess
import sys

import pytest

from utils.paths import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_python_block_runs_as_written(tmp_path):
    (block,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert "var/readme_model" in block
    code = block.replace("var/readme_model", str(tmp_path / "model"))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    net_usd, n_trades = done.stdout.split()
    assert float(net_usd) != 0.0
    assert int(n_trades) > 0


def test_python_block_on_many_environments_runs_as_written():
    page = (PROJECT_ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(64, 1) (64, 4)\n"


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)]+)\)", README))
def test_readme_links_lead_to_files(target):
    assert (PROJECT_ROOT / target).is_file()


def test_readme_commands_are_run_by_ci():
    assert ".ci/readme.py" in (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "topic",
    [
        "IB connection failed",
        "Out of memory",
        "Model not learning",
        "TA-Lib",
        "Windows",
        "Disclaimer",
    ],
)
def test_readme_speaks_of(topic):
    assert topic in README
