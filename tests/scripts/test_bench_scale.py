"""The suite `scale`: a quick run over local workers and a cluster, with the same results."""

import json

import pytest

from tests.helpers.cli import run_script


@pytest.mark.slow
def test_bench_scale_quick_measures_local_workers_and_a_cluster(capsys):
    pytest.importorskip("ray", reason="Ray is not installed")
    outcome = run_script(capsys, "bench", "--suite", "scale", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    for where in ("local", "ray"):
        assert {f"{where}_{name}" for name in ("1_folds", "2_folds", "start", "overhead")} <= set(
            lines
        )
    assert all(line["value"] > 0 for line in lines.values())
    assert lines["local_2_folds"]["reference"] == "local, 1 worker"
