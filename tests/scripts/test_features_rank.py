"""scripts/features.py rank: the table, JSON, and what a mistake looks like."""

import json

from tests.helpers.cli import assert_one_clear_line, run_script

WORDS = ["rank", "--recipe", "rsi,roc,ta:momentum_wr", "--horizon", 4, "--embargo", 20]


def test_features_rank_prints_a_row_per_column_and_warns(capsys, bars_file):
    outcome = run_script(capsys, "features", *WORDS, "--data", bars_file)
    assert outcome.exit_code == 0, outcome.err
    for word in ("rsi", "roc", "ta:momentum_wr", "of 4", "judge what you choose on later ones"):
        assert word in outcome.out


def test_features_rank_as_json_has_every_fold(capsys, bars_file):
    outcome = run_script(capsys, "features", *WORDS, "--folds", 2, "--json", "--data", bars_file)
    found = json.loads(outcome.out)
    assert found["settings"]["n_folds"] == 2
    assert {column["name"] for column in found["columns"]} == {"rsi", "roc", "ta:momentum_wr"}
    assert all(len(column["folds"]) == 2 for column in found["columns"])


def test_features_rank_of_too_few_bars_is_one_clear_line(capsys, bars_file):
    words = [*WORDS[:3], "--horizon", 100, "--data", bars_file]
    assert_one_clear_line(run_script(capsys, "features", *words), "each fold needs at least 1100")


def test_features_rank_of_unknown_feature_is_one_clear_line(capsys, bars_file):
    words = ["rank", "--recipe", "rsj", "--data", bars_file]
    outcome = run_script(capsys, "features", *words)
    assert_one_clear_line(outcome, "unknown feature `rsj`", "`rsi`?")
