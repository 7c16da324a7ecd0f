"""What is read off the points of trainings, and the picture of it."""

from dataclasses import replace

import numpy as np
import pytest

from config.settings import AgentSettings
from scripts.benchmarks import learning
from scripts.benchmarks.learning_clock import looks_within
from scripts.benchmarks.learning_curves import (
    kept_by,
    kept_within,
    seconds_to,
    shares_by,
    shares_within,
)
from scripts.benchmarks.learning_figure import _over_seconds, draw_learning
from scripts.benchmarks.learning_market import MARTINGALE
from tests.helpers.learning import look, training


def test_kept_by_is_the_last_kept_look_until_then_the_one_that_is_due_included():
    points = [look(1.0, 0.1), look(30.4, 0.3), look(61.0, 0.5, is_kept=False)]
    assert kept_by(points, 30.0).share == 0.3
    assert kept_by(points, 60.0).share == 0.3
    assert kept_by(points, 1.0).share == 0.1
    assert kept_by(points, 300.0).share == 0.3


def test_kept_by_is_staying_flat_where_nothing_is_kept():
    points = [look(1.0, -0.3, is_kept=False), look(5.0, 0.4)]
    flat = kept_by(points, 1.0)
    assert (flat.share, flat.net_usd, flat.cost_usd, flat.n_trades, flat.exposure) == (
        0,
        0,
        0,
        0,
        0,
    )
    assert flat.seconds == 1.0
    assert kept_by(points, 5.0).share == 0.4


def test_kept_by_counts_no_warm_start_that_is_not_over():
    points = [look(40.0, 0.6, timesteps=0), look(45.0, 0.7, timesteps=100)]
    assert kept_by(points, 30.0).share == 0.0
    assert kept_by(points, 40.0).share == 0.6
    assert kept_by(points, 45.0).share == 0.7


def test_kept_within_timesteps_counts_no_later_look_and_no_shorter_training():
    points = [
        look(1.0, 0.1, timesteps=100),
        look(2.0, 0.2, timesteps=200),
        look(3.0, 0.3, timesteps=300, is_kept=False),
    ]
    assert kept_within(points, 250).share == 0.2
    assert kept_within(points, 300).share == 0.2
    assert kept_within(points, 199).share == 0.1
    assert kept_within(points, 99) is None
    assert kept_within(points, 301) is None


def test_shares_within_timesteps_are_there_only_where_every_seed_has_got_so_far():
    done = {
        training(seed=1): [look(1.0, 0.5, timesteps=100), look(2.0, 0.6, timesteps=200)],
        training(seed=0): [look(1.0, 0.1, timesteps=100)],
    }
    assert shares_within(done, "EPG", 100) == [0.1, 0.5]
    assert shares_within(done, "EPG", 200) == []
    assert shares_within(done, "PPO", 100) == []


def test_shares_are_of_the_plain_account_and_its_reward():
    plain = training()
    done = {
        plain: [look(1.0, 0.5)],
        replace(plain, has_stop=True): [look(1.0, 0.1)],
        replace(plain, reward="sparse"): [look(1.0, 0.2)],
        replace(plain, preset=MARTINGALE): [look(1.0, 0.3)],
    }
    assert shares_by(done, "EPG", 60.0) == [0.5]
    (sparse, least, most) = learning._sparse_lines(done)
    assert [line.value for line in (sparse, least, most)] == [0.2, 0.2, 0.2]
    assert sparse.name == "EPG_sparse"


def test_figure_is_drawn_of_what_there_is(tmp_path):
    done = {}
    for seed in range(2):
        done[training(seed=seed)] = [
            look(1.0, 0.2 + 0.1 * seed, timesteps=9_000),
            look(120.0, 0.7, timesteps=1_000_000),
        ]
    drawn, more = tmp_path / "drawn.png", tmp_path / "more.png"
    draw_learning(done, drawn)
    assert drawn.read_bytes()[:4] == b"\x89PNG"
    done[training("DP-ridge")] = [look(3.0, 0.85)]
    draw_learning(done, more)
    assert more.read_bytes() != drawn.read_bytes()


def test_curves_are_worst_median_and_best_of_the_seeds():
    done = {
        training(seed=seed): [look(1.0, share), look(2.0, share + 0.1)]
        for seed, share in enumerate((0.1, 0.5, 0.2))
    }
    ends = list(_over_seconds(done, "EPG"))
    assert [at for at, *_ in ends] == looks_within(120.0)
    assert ends[0] == pytest.approx((1.0, 0.1, 0.2, 0.5))
    assert ends[1] == pytest.approx((2.0, 0.2, 0.3, 0.6))


def test_our_algorithms_choose_as_training_does_and_others_keep_what_is_best():
    chances = {
        method: training(method).significance for method in ("EPG", "PPO", "stock", "DP-ridge")
    }
    ours = AgentSettings().significance
    assert chances == {"EPG": ours, "PPO": ours, "stock": 1.0, "DP-ridge": 1.0}
    assert ours < 1.0


def test_seconds_to_half_counts_only_weights_that_are_kept():
    points = [look(1.0, 0.1), look(2.0, 0.7, is_kept=False), look(3.0, 0.6)]
    assert seconds_to(points, 0.5) == 3.0
    assert seconds_to(points, 0.65) == np.inf
