"""A signal ends a training in good order, and signals are left as they were."""

import signal
import threading

import pytest
from stable_baselines3.common.callbacks import BaseCallback

from models.agent import TradingAgent
from models.callback_signals import StopOnSignal
from tests.helpers.agents import SMALL, small_env


class SendAt(BaseCallback):
    """Send a signal to this very process at a timestep."""

    def __init__(self, timestep: int, sent: signal.Signals):
        super().__init__()
        self._timestep, self._sent = timestep, sent

    def _on_step(self) -> bool:
        if self.num_timesteps == self._timestep:
            signal.raise_signal(self._sent)
        return True


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_training_after_the_step(sent):
    agent = TradingAgent(small_env(), settings=SMALL)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with StopOnSignal() as stop:
        agent.train(160, callbacks=[SendAt(20, sent), stop])
    assert stop.received == sent
    assert agent.provenance["timesteps"] == 20
    assert agent.provenance["is_finished"] is False
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_signal_keeps_the_weights_that_were_best():
    agent = TradingAgent(small_env(), settings=SMALL, validation_fraction=0.15, n_evaluations=4)
    with StopOnSignal() as stop:
        agent.train(160, callbacks=[SendAt(100, signal.SIGINT), stop])
    evaluations = agent.provenance["validation"]["evaluations"]
    assert [each["timestep"] for each in evaluations] == [48, 80]
    assert agent.provenance["validation"]["kept"] in evaluations


def test_second_signal_ends_at_once():
    agent = TradingAgent(small_env(), settings=SMALL)
    twice = [SendAt(20, signal.SIGINT), SendAt(20, signal.SIGINT)]
    with pytest.raises(KeyboardInterrupt), StopOnSignal() as stop:
        agent.train(160, callbacks=[*twice, stop])
    assert agent.provenance["is_finished"] is False


def test_training_without_a_signal_is_finished():
    agent = TradingAgent(small_env(), settings=SMALL)
    with StopOnSignal() as stop:
        agent.train(16, callbacks=[stop])
    assert stop.received is None
    assert agent.provenance["is_finished"] is True


def test_signals_are_not_asked_for_outside_the_main_thread():
    def train() -> None:
        with StopOnSignal() as stop:
            TradingAgent(small_env(), settings=SMALL).train(16, callbacks=[stop])
        done.append(stop.received)

    done: list[object] = []
    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert done == [None]


def test_signal_before_the_training_has_begun_ends_at_once():
    with pytest.raises(KeyboardInterrupt), StopOnSignal():
        signal.raise_signal(signal.SIGINT)
