"""The demo's own settings find most of the planted edge on bars never seen."""

import re

import pytest

from tests.helpers.cli import run_script

pytestmark = pytest.mark.learns


def test_demo_agents_earn_their_share_of_the_known_optimum(capsys, tmp_path, monkeypatch):
    from scripts import workflow
    from utils import paths

    monkeypatch.setattr(workflow, "BARS_DIR", tmp_path / "bars")
    monkeypatch.setattr(workflow, "MODELS_DIR", tmp_path / "models")
    monkeypatch.setattr(paths, "REPORTS_DIR", tmp_path / "reports")

    outcome = run_script(capsys, "demo", "--profile", "demo")

    assert outcome.exit_code == 0, outcome.err
    rows = re.findall(r"(EPG-lstm|PPO-lstm|predictor_dp) +│ +(-?[\d,]+)% │ +-?[\d,]+%", outcome.out)
    shares = {name: int(share) for name, share in rows}
    assert shares["predictor_dp"] > 60
    assert shares["EPG-lstm"] > 60
    assert shares["PPO-lstm"] > 15
