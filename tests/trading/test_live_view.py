"""The terminal view says all of a status at 80 and at 120 columns, and plain lines elsewhere."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from tests.helpers.trader_statuses import (
    ACCOUNT,
    NOW,
    ago,
    healthy,
    held,
    unbegun,
    with_connection,
    with_holding,
    with_profit,
)
from trading.alert_kinds import ALERT_KINDS
from trading.live_lines import lasting
from trading.live_view import live_panel, live_view, plain_text
from trading.modes import Hold, Mode
from trading.status import DataStatus, OrdersStatus

READ_AT = NOW + timedelta(seconds=2)


def drawn(status, width, now=READ_AT):
    """Return the lines of the panel on a terminal of that width."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(live_panel(status, now, width))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_live_panel_keeps_within_its_width_and_says_all(width):
    lines = drawn(healthy(), width)
    assert {len(line) for line in lines} == {width}
    text = " ".join(" ".join(line.strip("│ ").split()) for line in lines)
    for words in (
        "FuturesGym PAPER DU***67 MNQZ5 (until 2025-12-19)",
        "TRADING",
        "reconciled for 1:02:07",
        "+2 at 25,010.25",
        "24,960.25",
        "+74.78 USD",
        "long 2, target +2",
        "in 4:51",
        "stale_data 2",
        "none open",
    ):
        assert words in text, (words, text)
    assert ACCOUNT not in text


def test_live_panel_is_lower_where_it_may_be_wide():
    assert len(drawn(healthy(), 120)) < len(drawn(healthy(), 80)) <= 20


def test_live_panel_at_80_columns_is_as_it_was_looked_at():
    assert drawn(healthy(), 80) == [
        "╭───────────── FuturesGym PAPER DU***67 MNQZ5 (until 2025-12-19) ──────────────╮",
        "│ mode        TRADING                                                          │",
        "│ connection  reconciled for 1:02:07, probe 12.5 ms, clock -0.25 s             │",
        "│ position    +2 at 25,010.25                                                  │",
        "│ stop        2 at 24,960.25, covers all                                       │",
        "│ day         +74.78 USD (realised +120.00, open -41.50, costs -3.72)          │",
        "│ limit       500.00 USD loss a day                                            │",
        "│ decision    long 2, target +2: already there (0:09 ago)                      │",
        "│ next bar    in 4:51; last 15:00:00 UTC                                       │",
        "│ orders      6 sent today, 1 working                                          │",
        "│             stop: SELL 2 at 24,960.25, working                               │",
        "│ denials     order_rate 1, stale_data 2                                       │",
        "│ alerts      none open                                                        │",
        "╰────────────────────────── 2025-11-20 15:00:07 UTC ───────────────────────────╯",
    ]


def test_plain_text_is_one_line_each():
    assert plain_text(healthy(), READ_AT).splitlines() == [
        "FuturesGym PAPER DU***67 MNQZ5 (until 2025-12-19)",
        "mode        TRADING",
        "connection  reconciled for 1:02:07, probe 12.5 ms, clock -0.25 s",
        "position    +2 at 25,010.25",
        "stop        2 at 24,960.25, covers all",
        "day         +74.78 USD (realised +120.00, open -41.50, costs -3.72)",
        "limit       500.00 USD loss a day",
        "decision    long 2, target +2: already there (0:09 ago)",
        "next bar    in 4:51; last 15:00:00 UTC",
        "orders      6 sent today, 1 working",
        "            stop: SELL 2 at 24,960.25, working",
        "denials     order_rate 1, stale_data 2",
        "alerts      none open",
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (with_holding(stop=None), "stop        MISSING"),
        (with_holding(stop=None, position=0, average_price=None), "stop        none"),
        (with_holding(position=0), "position    flat"),
        (
            with_holding(stop=replace(healthy().holding.stop, quantity=1, is_covering=False)),
            "1 at 24,960.25, DOES NOT COVER the position",
        ),
        (
            with_holding(stop=replace(healthy().holding.stop, is_confirmed=False)),
            "2 at 24,960.25, covers all (not confirmed by the broker)",
        ),
        (
            with_connection(
                is_broker_up=False,
                since=ago(58),
                is_planned=True,
                probe_ms=None,
                clock_offset_seconds=None,
            ),
            "connection  BROKER OUT OF REACH for 1:00, daily restart",
        ),
        (
            with_profit(unrealised_usd=None),
            "day         not known (realised +120.00, open not known, costs",
        ),
        (
            with_profit(realised_usd=None, commission_usd=None),
            "day         not known (realised not known, open -41.50, costs not known)",
        ),
        (healthy(orders=OrdersStatus()), "orders      not known, 0 working"),
        (held(Hold.DAILY_LOSS, "x"), "500.00 USD loss a day; LOCKED until the next one"),
        (held(Hold.STALE_DATA, "no tick"), "next bar    DATA ARE STALE; last 15:00:00 UTC"),
        (healthy(data=DataStatus(next_bar_due=ago(8))), "next bar    late by 0:10"),
        (
            healthy(data=DataStatus()),
            "next bar    not known; last not known",
        ),
        (healthy(decision=None), "decision    none yet"),
        (held(Hold.KILL_SWITCH, "by hand", Mode.KILLED), "KILLED (kill switch: by hand)"),
        (held(Hold.OPERATOR, "lunch", Mode.HALTED), "mode        HALTED (operator: lunch)"),
        (healthy(open_alerts=("stop_missing", "drift")), "alerts      stop missing, drift"),
    ],
)
def test_plain_text_says_what_is_wrong(status, words):
    assert words in plain_text(status, READ_AT)


def test_plain_text_of_an_old_status_begins_with_its_age():
    lines = plain_text(healthy(), NOW + timedelta(minutes=3)).splitlines()
    assert lines[1] == "status      3:00 old: the trader may have stopped"


def test_plain_text_of_a_trader_that_has_ended_says_so():
    lines = plain_text(healthy(is_over=True), NOW + timedelta(minutes=3)).splitlines()
    assert lines[1] == "status      the trader ended 3:00 ago"


def test_plain_text_of_a_trader_that_has_not_begun_says_what_is_not_known():
    lines = plain_text(unbegun(), READ_AT).splitlines()
    for line in (
        "position    not known",
        "stop        not known",
        "orders      not known",
        "denials     not known",
    ):
        assert line in lines


def test_live_panel_shows_markup_as_it_stands():
    assert "[bold]x[/]" in "".join(drawn(held(Hold.OPERATOR, "[bold]x[/]"), 120))


def test_live_panel_of_every_open_alert_can_be_drawn():
    for width in (80, 120):
        assert drawn(healthy(open_alerts=tuple(ALERT_KINDS)), width)


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0:00"), (0.9, "0:00"), (61, "1:01"), (3_600, "1:00:00")]
)
def test_lasting_is_minutes_and_seconds_and_hours_where_there_are_any(seconds, text):
    assert lasting(timedelta(seconds=seconds)) == text


def test_live_view_without_a_terminal_prints_a_line_where_something_changed():
    console = Console(file=io.StringIO(), width=40)
    with live_view(console) as view:
        for second in range(3):
            now = NOW + timedelta(seconds=second)
            view.show(healthy(at=now), now)
        view.show(healthy(mode=Mode.HALTED, open_alerts=("halted",)), now)
    assert console.file.getvalue().splitlines() == [
        "2025-11-20T15:00:07Z TRADING; reconciled; position +2; 1 working; "
        "15:00:00Z long 2: already there",
        "2025-11-20T15:00:09Z HALTED; reconciled; position +2; 1 working; "
        "15:00:00Z long 2: already there; alerts: halted",
    ]


def test_live_view_of_a_trader_that_has_not_begun_claims_no_position():
    console = Console(file=io.StringIO(), width=40)
    with live_view(console) as view:
        view.show(unbegun(), NOW)
    line = console.file.getvalue().strip()
    assert line == "2025-11-20T15:00:07Z CONNECTING; connecting; position not known"


def test_live_view_on_a_terminal_draws_the_panel_over():
    console = Console(file=io.StringIO(), width=80, height=30, force_terminal=True)
    with live_view(console) as view:
        view.show(healthy(), NOW)
        first = console.file.getvalue()
        view.show(healthy(mode=Mode.HALTED), NOW)
    assert "TRADING" in first
    assert "\x1b[1A" in console.file.getvalue()[len(first) :]  # the cursor goes back up
    assert "HALTED" in console.file.getvalue()[len(first) :]
