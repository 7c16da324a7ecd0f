"""One thread does the newest thing: never two at once, nothing old, the last one always."""

import threading
from contextlib import contextmanager, nullcontext

from tests.helpers.alert_servers import waits_for
from trading.newest_worker import NewestWorker, Pace

AT_ONCE = Pace(least_seconds=0.0)
PATIENT = 30.0


class Gate:
    """Work that waits until it is let go, and counts."""

    def __init__(self):
        self.done, self.n_at_once, self.most_at_once = [], 0, 0
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, item):
        self.n_at_once += 1
        self.most_at_once = max(self.most_at_once, self.n_at_once)
        self.begun.set()
        assert self.let_go.wait(PATIENT)
        self.done.append(item)
        self.n_at_once -= 1


def working(work, pace=AT_ONCE, failed=None):
    errors = []
    worker = NewestWorker(lambda: nullcontext(work), pace, failed or errors.append)
    return worker, errors


def test_newest_worker_that_is_held_up_holds_nobody_up_and_leaves_out_what_is_old():
    gate = Gate()
    worker, _ = working(gate)
    worker.put(0)
    assert gate.begun.wait(PATIENT)
    for item in range(1, 1_001):
        worker.put(item)  # returns, although the first one is still at it
    gate.let_go.set()
    assert worker.close(PATIENT)
    assert gate.done == [0, 1_000]
    assert gate.most_at_once == 1


def test_newest_worker_closed_does_the_last_one_before_its_pause_is_over():
    done = []
    worker, _ = working(done.append, Pace(least_seconds=3_600.0))
    worker.put("first")
    assert waits_for(lambda: done == ["first"])
    worker.put("last")
    assert worker.close(PATIENT)
    assert done == ["first", "last"]


def test_newest_worker_does_nothing_within_its_pause():
    done = []
    worker, _ = working(done.append, Pace(least_seconds=0.2))
    for item in range(100):
        worker.put(item)
        waits_for(lambda: done, 0.001)
    assert len(done) <= 2
    assert worker.close(PATIENT)
    assert done[-1] == 99


def test_newest_worker_without_news_does_the_last_one_again():
    done = []
    worker, _ = working(done.append, Pace(least_seconds=0.0, again_seconds=0.005))
    assert not waits_for(lambda: done, 0.05)  # there is none yet
    worker.put("x")
    assert waits_for(lambda: len(done) >= 3)
    assert worker.close(PATIENT)
    assert set(done) == {"x"}


def test_newest_worker_goes_on_after_an_error():
    done = []

    def fails(item):
        if item == "bad":
            raise OSError(28, "No space left on device")
        done.append(item)

    worker, errors = working(fails)
    worker.put("bad")
    assert waits_for(lambda: len(errors) == 1)
    worker.put("good")
    assert worker.close(PATIENT)
    assert done == ["good"]
    assert isinstance(errors[0], OSError)


def test_newest_worker_that_cannot_begin_says_so_and_takes_what_it_is_given():
    errors = []

    @contextmanager
    def broken():
        raise RuntimeError("no terminal")
        yield

    worker = NewestWorker(broken, AT_ONCE, errors.append)
    assert waits_for(lambda: len(errors) == 1)
    worker.put("x")
    assert worker.close(PATIENT)


def test_newest_worker_that_hangs_is_left_alone_after_its_time():
    gate = Gate()
    worker, _ = working(gate)
    worker.put(0)
    assert gate.begun.wait(PATIENT)
    assert not worker.close(0.01)
    gate.let_go.set()
    assert worker.close(PATIENT)
