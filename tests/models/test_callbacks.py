"""What happens beside learning: shown, ramped, logged, warned of."""

import io
import math
import re

import numpy as np
import pytest
import torch
from gymnasium import spaces
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from models.agent import TradingAgent
from models.callbacks import CollapseAlarm, EpisodeTotals, RichProgress
from tests.helpers.agents import SMALL, small_env
from utils.logger import get_logger


class Recorder(BaseCallback):
    """Keep what was logged at the end of each rollout, and the cost scale of the environments."""

    def __init__(self):
        super().__init__()
        self.rows: list[dict] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self.rows.append(dict(self.logger.name_to_value))


def _recorded(timesteps: int, **overrides) -> list[dict]:
    recorder = Recorder()
    agent = TradingAgent(small_env(), settings=SMALL, **overrides)
    agent.train(timesteps, callbacks=[recorder])
    return recorder.rows


def test_episode_totals_add_only_finished_episodes():
    totals = EpisodeTotals()
    infos = [
        _info(n_trades=5, n_wins=2, net_pnl_usd=-30.5, fees_usd=6.0, gains_usd=40.0, n_end_exits=1),
        _info(n_trades=9, n_wins=9, net_pnl_usd=99.0),
        _info(n_trades=1, n_wins=1, net_pnl_usd=10.0, fees_usd=4.0, gains_usd=10.0),
    ]
    assert math.isnan(totals.win_rate)
    assert math.isnan(totals.cost_share)
    totals.add_finished({"infos": infos, "dones": [True, False, True]})
    assert (totals.n_trades, totals.n_wins, totals.net_pnl_usd) == (6, 3, -20.5)
    assert (totals.n_own_exits, totals.win_rate) == (5, 0.5)
    assert totals.cost_share == pytest.approx(10.0 / 60.0)


def _info(**figures):
    """Return what a batch says of a finished episode."""
    nothing = {"n_trades": 0, "n_wins": 0, "net_pnl_usd": 0.0, "fees_usd": 0.0}
    return {**nothing, "gains_usd": 0.0, "n_end_exits": 0, **figures}


def test_trade_statistics_are_logged_once_per_rollout():
    rows = _recorded(32)
    assert len(rows) == 2
    # 8 steps per copy and rollout, episodes of 12: the first rollout finishes none, the second two
    assert not {"trade/n_trades", "trade/net_pnl", "trade/win_rate"} & set(rows[0])
    assert {"trade/n_trades", "trade/net_pnl"} <= set(rows[1])
    assert rows[1]["trade/n_trades"] > 0
    assert 0.0 <= rows[1]["trade/win_rate"] <= 1.0


def test_cost_ramp_grows_from_zero_to_full_and_stays():
    rows = _recorded(80, cost_ramp_steps=32)
    assert [row["train/cost_scale"] for row in rows] == [0.0, 0.5, 1.0, 1.0, 1.0]


def test_cost_ramp_of_a_first_training_is_over_in_a_second():
    recorder = Recorder()
    agent = TradingAgent(small_env(), settings=SMALL)
    agent.train(32)
    agent.train(320, callbacks=[recorder])
    assert {row["train/cost_scale"] for row in recorder.rows} == {1.0}


def test_cost_ramp_of_zero_steps_does_not_exist():
    assert all("train/cost_scale" not in row for row in _recorded(16, cost_ramp_steps=0))


def test_cost_ramp_reaches_the_training_environments_and_not_the_users():
    env = small_env()
    agent = TradingAgent(env, settings=SMALL, cost_ramp_steps=16)
    agent.train(16)
    # costs are zero in the first rollout: buying and closing on one price changes nothing
    accounts = agent._learner.algorithm.env.get_attr("accounts")[0]
    assert accounts["n_fills"].sum() > 0
    assert accounts["fees_usd"].tolist() == [0.0, 0.0]
    env.reset(seed=0)
    env.step(1)
    assert env.simulation.account.fees_usd == pytest.approx(0.62)


class ThreadCounter(BaseCallback):
    """Keep torch's thread count as it is during rollouts and after them."""

    def __init__(self):
        super().__init__()
        self.in_rollouts: set[int] = set()
        self.in_updates: set[int] = set()

    def _on_step(self) -> bool:
        self.in_rollouts.add(torch.get_num_threads())
        return True

    def _on_rollout_end(self) -> None:
        self.in_updates.add(torch.get_num_threads())


def test_update_threads_are_one_in_rollouts_and_as_set_in_updates():
    counter = ThreadCounter()
    before = torch.get_num_threads()
    TradingAgent(small_env(), settings=SMALL, threads=3).train(32, callbacks=[counter])
    assert (counter.in_rollouts, counter.in_updates) == ({1}, {3})
    assert torch.get_num_threads() == before


def test_rich_progress_without_a_terminal_prints_ten_lines():
    out = io.StringIO()
    agent = TradingAgent(small_env(), settings=SMALL)
    progress = RichProgress(320, console=Console(file=out, width=200))
    agent.train(320, callbacks=[progress])
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    # episodes of 12 decisions in two environments: the first pair ends at step 24
    assert lines[0].startswith("training: 32/320 steps, ")
    assert "/s, 0:00:" in lines[0]
    assert re.search(r" to go, \d+ trades \(\d+% won\) in 2 finished episodes, net ", lines[0])
    assert lines[-1].startswith("training: 320/320 steps, ")
    assert lines[-1].endswith("USD")
    assert " won) in 26 finished episodes, net " in lines[-1]


def test_rich_progress_before_the_first_update_and_episode_says_how_many_steps():
    out = io.StringIO()
    agent = TradingAgent(small_env(), settings=SMALL)
    agent.train(16, callbacks=[RichProgress(16, console=Console(file=out, width=200))])
    assert out.getvalue().splitlines()[0] == "training: 2/16 steps"


def test_rich_progress_in_a_terminal_ends_full():
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=True)
    agent = TradingAgent(small_env(), settings=SMALL)
    agent.train(48, callbacks=[RichProgress(48, console=console)])
    assert "48/48 steps" in out.getvalue()
    assert " won) in 4 finished episodes, net " in out.getvalue()


def test_train_with_tensorboard_writes_trade_and_train_scalars(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    agent = TradingAgent(small_env(), settings=SMALL)
    agent.train(48, tensorboard=tmp_path)
    (run,) = tmp_path.iterdir()
    events = EventAccumulator(str(run)).Reload()
    tags = set(events.Tags()["scalars"])
    assert {"trade/n_trades", "trade/net_pnl", "trade/win_rate", "train/loss"} <= tags
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "time/fps", "train/cost_scale"} <= tags
    assert {"trade/cost_share", "trade/exposure"} <= tags
    shares = [f"trade/share_{name}" for name in ("hold", "buy", "sell", "close")]
    for row in range(3):
        assert sum(events.Scalars(name)[row].value for name in shares) == pytest.approx(1.0)
    assert all(0.0 < event.value <= 1.0 for event in events.Scalars("trade/exposure"))
    assert "_hparams_/session_start_info" in events.summary_metadata
    assert events.Tags()["images"] == []  # nothing is held back, so nothing is evaluated


def test_train_with_tensorboard_draws_each_evaluation(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    held_back = {"validation_fraction": 0.15, "n_evaluations": 2}
    agent = TradingAgent(small_env(), settings=SMALL, **held_back)
    agent.train(64, tensorboard=tmp_path)
    (run,) = tmp_path.iterdir()
    events = EventAccumulator(str(run)).Reload()
    for name in ("eval/equity_curve", "eval/trades"):
        pictures = events.Images(name)
        assert [picture.step for picture in pictures] == [32, 64]
        assert (pictures[0].width, pictures[0].height) == (900, 450)


def test_rich_progress_names_the_last_evaluation():
    out = io.StringIO()
    agent = TradingAgent(small_env(), settings=SMALL, validation_fraction=0.15, n_evaluations=4)
    agent.train(64, callbacks=[RichProgress(64, console=Console(file=out, width=200))])
    found = agent.provenance["validation"]["evaluations"][2]
    expected = f"validation {found['net_pnl_usd']:+,.0f} USD by {found['n_trades']} trades at 48"
    assert out.getvalue().splitlines()[-1].endswith(expected)


class Rollouts:
    """A model as CollapseAlarm sees one: spaces, and rollouts of two copies by hand."""

    num_timesteps = 0
    num_envs = 2

    def __init__(self, action_space):
        self.action_space = action_space
        self.alarm = CollapseAlarm(n_actions=40)
        self.alarm.model = self

    def get_env(self):
        return self

    def live(self, actions, n_trades=1, n_end_exits=0):
        """Live a rollout of such actions, two per step; in its last step an episode ends."""
        steps = np.reshape(actions, (-1, 2))
        for i, step in enumerate(steps):
            is_last = i == len(steps) - 1 and n_trades is not None
            info = _info(n_trades=n_trades, n_end_exits=n_end_exits)
            self.alarm.update_locals(
                {"actions": step, "infos": [info, {}], "dones": np.array([is_last, False])}
            )
            self.alarm.on_step()
        self.alarm.on_rollout_end()


@pytest.fixture
def warned(monkeypatch):
    """Return the lines that are logged as warnings of a training."""
    lines: list[str] = []
    logger = get_logger("training")
    monkeypatch.setattr(logger, "warning", lambda text, *args: lines.append(text % args))
    return lines


HEALTHY = [0] * 38 + [1] * 2  # 95 % do not exceed 95 %


def test_collapse_alarm_names_action_share_and_what_to_do(warned):
    rollouts = Rollouts(spaces.Discrete(4))
    rollouts.live([0] * 39 + [1])
    assert warned == [
        "97.5% of the last 40 actions were HOLD: the policy may have collapsed; try another "
        '`reward` ("pnl", "shaped"), `cost_ramp_steps`, or a larger `ent_coef`'
    ]


def test_collapse_alarm_is_silent_while_actions_and_trades_vary(warned):
    rollouts = Rollouts(spaces.Discrete(4))
    rollouts.live(HEALTHY)
    assert warned == []


def test_collapse_alarm_names_positions_where_actions_are_those(warned):
    Rollouts(spaces.Discrete(5)).live([0] * 40)
    Rollouts(spaces.Discrete(5)).live([4] * 40)
    assert warned[0].startswith("100.0% of the last 40 actions were position -2: ")
    assert warned[1].startswith("100.0% of the last 40 actions were position +2: ")


def test_collapse_alarm_warns_where_episodes_end_without_a_trade(warned):
    Rollouts(spaces.Discrete(4)).live(HEALTHY, n_trades=0)
    assert warned[0].startswith("no trade closed in the last 1 finished episodes: ")


def test_collapse_alarm_does_not_take_the_end_of_an_episode_for_a_decision(warned):
    rollouts = Rollouts(spaces.Discrete(4))
    rollouts.live(HEALTHY, n_trades=2, n_end_exits=1)
    assert warned == []
    rollouts.live(HEALTHY, n_trades=1, n_end_exits=1)
    assert warned[0].startswith("no trade closed in the last 1 finished episodes: ")


def test_collapse_alarm_on_shares_counts_trades_only(warned):
    box = spaces.Box(-1.0, 1.0, (1,), np.float32)
    Rollouts(box).live([0.5] * 40)
    assert warned == []
    Rollouts(box).live([0.5] * 40, n_trades=0)
    assert len(warned) == 1


def test_collapse_alarm_waits_for_enough_actions_and_for_an_episode(warned):
    rollouts = Rollouts(spaces.Discrete(4))
    rollouts.live([0] * 38, n_trades=None)
    assert warned == []  # too few
    rollouts.live([1] * 38, n_trades=None)
    assert warned == []  # half and half, and no episode to judge by
    rollouts.live(HEALTHY, n_trades=0)
    assert len(warned) == 1


def test_collapse_alarm_warns_once_until_the_policy_recovers(warned):
    rollouts = Rollouts(spaces.Discrete(4))
    rollouts.live([2] * 40, n_trades=0)
    rollouts.live([2] * 40, n_trades=0)
    assert len(warned) == 1
    assert "actions were SELL, and no trade closed in the last 1 " in warned[0]
    rollouts.live(HEALTHY)
    rollouts.live([3] * 40)
    assert len(warned) == 2


def test_training_run_has_a_collapse_alarm(warned, monkeypatch):
    monkeypatch.setattr("models.callbacks.ALARM_SHARE", 0.0)
    monkeypatch.setattr("models.training_run.CollapseAlarm", lambda: CollapseAlarm(n_actions=32))
    TradingAgent(small_env(), settings=SMALL).train(32)
    assert len(warned) == 1
    assert "% of the last 32 actions were " in warned[0]
