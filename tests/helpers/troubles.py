"""What can go wrong in a rehearsal, and how it is mended; schedules of it, drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.helpers.live_traders import Rehearsal
from trading.simulated_gateway.fault_switches import faults_as_json
from trading.simulated_gateway.faults import Faults

N_BARS = 16
"""Of a schedule; the last trouble begins some bars before."""

BEFORE = -1


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong.

    Attributes:
        bar: In which one, from 0.
        name: A switch of the gateway's faults, or a key of DEEDS or LIVES.
        value: Of the switch, or what the deed takes.
        n_bars: After how many it is mended.
        wait_ms: How long after the close of the bar before, milliseconds: while orders are on their
            way; BEFORE it.
    """

    bar: int
    name: str
    value: Any = None
    n_bars: int = 1
    wait_ms: int = BEFORE


Schedule = tuple[Trouble, ...]

KILL, RESTART = "kill", "restart"
LIVES = (KILL, RESTART)
"""Ends of the trader's process: without a word, or in good order."""

SWITCHES: dict[str, tuple[Any, ...]] = {
    "n_drop_orders": (1, 2, 3),
    "drop_out": (
        *({key: n} for key in ("3", "5", "11", "59", "61", "101") for n in (1, 3, -1)),
        {"3": 4, "5": 3, "11": 1, "59": 1},
        {"5": -1, "3": -1},
        {"11": -1, "59": -1},
    ),
    "dup_out": ({"3": -1, "11": -1, "59": -1, "5": -1}, {"11": 2}, {"4": -1}, {"90": 3}),
    "ignore_in": tuple({key: 1} for key in ("3", "4", "5", "7", "16", "61", "99")),
    "n_rejects": (1, 2),
    "n_stop_rejects": (1, 2, 99),
    "partial_fills": ([1], [1, 1], [1, 1, 1]),
    "is_not_filling": (True,),
    "is_execution_first": (True,),
    "is_filling_on_cancel": (True,),
    "is_mute_on_cancel": (True,),
    "cancel_delay_seconds": (0.1, 0.4),
    "is_doubling_modify": (True,),
    "has_orphan_children": (True,),
    "delay_seconds": (0.02, 0.2),
    "split_bytes": (1, 7),
    "is_stale": (True,),
    "is_data_up": (False,),
    "position_lie": (1, -1),
    "is_black_hole": (True,),
    "is_frozen": (True,),
    "is_refusing": (True,),
    "is_market_open": (False,),
    "skew_seconds": (1_000.0,),
    "history_gap_bars": (2,),
    "is_shuffling_history": (True,),
}
"""Values that are drawn, by switch of the gateway."""

Deed = Callable[[Rehearsal, Any], None]


def _drop_orders(run: Rehearsal, role: str) -> None:
    """Let all live orders of a role vanish."""
    for order in run.far.state()["orders"]:
        if f"/{role}/" in order["ref"]:
            run.far.do("drop_order", perm_id=order["perm_id"])


def _error(run: Rehearsal, code: int) -> None:
    """Tell an error of every live order, and one of none."""
    for order in run.far.state()["orders"]:
        run.far.do("error", code=code, text="a fault", request_id=order["order_id"])
    run.far.do("error", code=code, text="a fault")


def _manual(run: Rehearsal, side: str) -> None:
    run.far.do("manual", side=side, quantity=1)


DEEDS: dict[str, tuple[Deed, tuple[Any, ...]]] = {
    "kick": (lambda run, is_reset: run.far.do("kick", is_reset=is_reset), (True, False)),
    "lose": (lambda run, _: run.far.do("lose"), (True, False)),
    "drop": (_drop_orders, ("stop", "entry", "target")),
    "error": (_error, (10349, 161, 104, 399, 2109, 103, 135, 2103, 10197)),
    "stop": (lambda run, _: run.far.do("stop"), (None,)),
    "manual": (_manual, ("BUY", "SELL")),
}
"""What is done, and with what; "lose" is mended with its data lost or not, "stop" with a start."""

MENDS: dict[str, Deed] = {
    "lose": lambda run, is_lost: run.far.do("restore", is_data_lost=is_lost),
    "stop": lambda run, _: run.far.do("start"),
}

_HEALTHY = faults_as_json(Faults())
_WAITS = (BEFORE, BEFORE, 0, 1, 3, 6, 12, 25)


def schedule_of(seed: int) -> Schedule:
    """Return the schedule of a seed: up to six troubles."""
    random = Random(seed)
    found = [_drawn(random) for _ in range(random.randint(1, 6))]
    return tuple(sorted(found, key=lambda one: (one.bar, one.wait_ms)))


def _drawn(random: Random) -> Trouble:
    name = random.choice([*SWITCHES, *DEEDS, *LIVES])
    values = SWITCHES.get(name) or (DEEDS[name][1] if name in DEEDS else (None,))
    return Trouble(
        bar=random.randrange(N_BARS - 4),
        name=name,
        value=random.choice(values),
        n_bars=random.choice((1, 1, 1, 2, 3, 4)),
        wait_ms=random.choice(_WAITS),
    )


def begin(run: Rehearsal, trouble: Trouble) -> None:
    """Let it go wrong."""
    if trouble.name in DEEDS:
        DEEDS[trouble.name][0](run, trouble.value)
    elif trouble.name in SWITCHES:
        run.far.set(**{trouble.name: trouble.value})


def mend(run: Rehearsal, trouble: Trouble) -> None:
    """Let it be well again."""
    if trouble.name in MENDS:
        MENDS[trouble.name](run, trouble.value)
    elif trouble.name in SWITCHES:
        run.far.set(**{trouble.name: _HEALTHY[trouble.name]})
        run.far.do("release")


def as_test(seed: int, schedule: Schedule) -> str:
    """Return a schedule as a test that can be pasted."""
    lines = "".join(f"        {trouble!r},\n" for trouble in schedule)
    return (
        f"def test_schedule_{seed}_shrunk(tmp_path):\n"
        f"    live_through((\n{lines}    ), tmp_path, seed={seed})\n"
    )
