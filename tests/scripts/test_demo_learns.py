"""The demo's own settings, at half their length, find the planted edge on bars never seen."""

import json

import pytest

from config.settings import load_profile
from tests.helpers.cli import run_script

pytestmark = pytest.mark.learns


def test_demo_settings_beat_every_baseline_on_unseen_bars(capsys, tmp_path, monkeypatch):
    from scripts import workflow
    from utils import paths

    half = load_profile("demo").train.timesteps // 2
    profile = tmp_path / "half.toml"
    text = (paths.PROJECT_ROOT / "config" / "profiles" / "demo.toml").read_text()
    profile.write_text(text.replace(f"timesteps = {2 * half}", f"timesteps = {half}"))
    monkeypatch.setattr(workflow, "BARS_DIR", tmp_path / "bars")
    monkeypatch.setattr(workflow, "MODELS_DIR", tmp_path / "models")
    monkeypatch.setattr(paths, "REPORTS_DIR", tmp_path / "reports")

    assert run_script(capsys, "demo", "--profile", profile).exit_code == 0

    metrics = json.loads((tmp_path / "reports" / "demo" / "metrics.json").read_text())
    profits = {name: run["metrics"]["net_profit_usd"] for name, run in metrics["results"].items()}
    learnt = profits.pop("PPO-lstm")
    assert learnt > 2_000.0
    assert learnt > max(profits.values())
