"""Stops and targets, of the whole position and of one ticket. Ticks; no slippage unless said."""

from env.kernel.names import OrderKind, Reason
from env.kernel.types import N_OWN_SLOTS, STOP_SLOT, TARGET_SLOT
from tests.helpers.accounts import KernelRun, Terms, bar_records

MARKET, STOP, LIMIT = OrderKind.MARKET, OrderKind.STOP, OrderKind.LIMIT
B0 = (1000, 1002, 998, 1000)
CALM = (1000, 1002, 998, 1000)


def started(*rows, **terms):
    settled = {"slippage_ticks": 0, "commission_usd": 0.0, "n_free_slots": 4, **terms}
    return KernelRun(Terms(**settled), bar_records([B0, *rows]))


def fills(run):
    return [(f.bar, f.quantity, f.price_ticks, Reason(f.reason)) for f in run.fills]


def own(run):
    """Return quantity and price of the account's own stop and target; None for none."""
    stop, target = run.account.orders[STOP_SLOT], run.account.orders[TARGET_SLOT]
    return (
        (stop["quantity"], stop["trigger_ticks"]) if stop["kind"] == STOP else None,
        (target["quantity"], target["limit_ticks"]) if target["kind"] == LIMIT else None,
    )


BRACKET = {"stop_offset_ticks": 50.0, "target_offset_ticks": 80.0}


def test_entry_brings_stop_and_target_of_the_whole_position():
    assert own(started(CALM, **BRACKET).send([2])) == ((-2, 950), (-2, 1080))
    assert own(started(CALM, **BRACKET).send([-2])) == ((2, 1050), (2, 920))


def test_addition_moves_both_to_the_average_entry():
    run = started(CALM, (1009, 1010, 1005, 1006), **BRACKET).send([1, 2])
    assert run.account.entry_ticks == 1006  # (1000 + 2 x 1009) / 3
    assert own(run) == ((-3, 956), (-3, 1086))


def test_partial_exit_keeps_both_where_they_are_for_what_is_left():
    run = started(CALM, (1009, 1010, 1005, 1006), **BRACKET).send([3, -2])
    assert own(run) == ((-1, 950), (-1, 1080))


def test_reversal_brings_new_ones_for_the_other_side():
    run = started(CALM, (1009, 1010, 1005, 1006), **BRACKET).send([1, -3])
    assert own(run) == ((2, 1059), (2, 929))


def test_close_cancels_both():
    run = started(CALM, (1009, 1010, 1005, 1006), **BRACKET).send([1, -1])
    assert own(run) == (None, None)


def test_stop_and_target_fill_whole_and_cancel_each_other():
    run = started(CALM, (1001, 1081, 1000, 1070), CALM, **BRACKET).send([2, 0, 0])
    assert fills(run)[1:] == [(2, -2, 1080, Reason.TARGET)]
    assert own(run) == (None, None)


def test_addition_into_a_gap_lets_the_old_stop_go_at_the_open_for_its_own_contract():
    # the new stop, 50 under the average 950, is above the whole bar's close and hit inside it
    run = started(CALM, (900, 905, 890, 895), stop_offset_ticks=50.0).send([1, 1])
    assert fills(run) == [
        (1, 1, 1000, Reason.SIGNAL),
        (2, 1, 900, Reason.SIGNAL),
        (2, -1, 900, Reason.STOP),
        (2, -1, 900, Reason.STOP),
    ]


def test_addition_off_the_grid_rounds_the_stop_to_the_smaller_loss():
    run = started(CALM, (1009, 1010, 1005, 1006), **BRACKET).send([1, 1])
    assert own(run) == ((-2, 955), (-2, 1085))  # from 1004.5: 954.5 and 1084.5


def test_target_moved_by_an_addition_fills_within_its_bar():
    # the addition at 1050 moves the target to 1035, below all that the bar trades
    gapped = (1050, 1060, 1045, 1055)
    run = started(CALM, gapped, target_offset_ticks=10.0).send([1, 1])
    assert min(price for bar, _, price, _ in fills(run) if bar == 2) >= 1045


# trails 20 behind: 990 after a high of 1010, 1010 at an open of 1030
def test_trailing_stop_follows_highs_at_closes_and_the_open_at_once():
    run = started((1000, 1010, 995, 1008), (1005, 1006, 991, 1000), (1030, 1031, 1009, 1015))
    run.accounts[0].trail_offset_ticks = 20.0
    run.send([1])
    assert own(run)[0] == (-1, 990)
    run.send([0])
    assert own(run)[0] == (-1, 990)
    run.send([0])
    assert fills(run)[-1] == (3, -1, 1010, Reason.TRAILING_STOP)


def test_trailing_stop_that_never_moved_is_a_stop():
    run = started((1000, 1000, 980, 985), trail_offset_ticks=20.0).send([1])
    assert fills(run)[-1] == (1, -1, 980, Reason.STOP)


def test_trailing_stop_stays_where_it_is_after_an_addition_further_away():
    rows = (1000, 1030, 999, 1028), (1015, 1016, 1011, 1012)
    run = started(*rows, trail_offset_ticks=20.0).send([1])
    assert own(run)[0] == (-1, 1010)
    run.send([1])  # the average of 1007.5 alone would put it at 988
    assert own(run)[0] == (-2, 1010)


def test_trailing_stop_begins_at_its_own_offset():
    rows = (1000, 1005, 995, 1004), (1004, 1040, 1003, 1035)
    run = started(*rows, stop_offset_ticks=60.0, trail_offset_ticks=20.0).send([1])
    assert own(run)[0] == (-1, 985)  # 20 behind the high is nearer than 60 behind the entry
    assert own(run.send([0]))[0] == (-1, 1020)


def test_trailing_entry_follows_the_price_down_and_buys_the_turn():
    run = started((1000, 1001, 980, 982), (982, 995, 981, 994))
    run.submit(kind=STOP, quantity=1, trigger_ticks=1012, trail_ticks=12.0)
    run.send([0, 0])
    assert fills(run) == [(2, 1, 992, Reason.SIGNAL)]


def bracket_ticket(**fields):
    return {"stop_offset_ticks": 20.0, "target_offset_ticks": 30.0, **fields}


def exits(run):
    orders = run.account.orders[N_OWN_SLOTS:]
    return [(o["kind"], o["quantity"], o["is_reduce_only"]) for o in orders if o["kind"] != 0]


def test_ticket_brings_its_exits_around_its_own_fill():
    run = started((1004, 1010, 1000, 1006))
    run.submit(**bracket_ticket(kind=MARKET, quantity=2))
    run.send([0])
    assert exits(run) == [(STOP, -2, 1), (LIMIT, -2, 1)]
    stop, target = (run.account.orders[N_OWN_SLOTS + slot] for slot in (0, 1))
    assert (stop["trigger_ticks"], target["limit_ticks"]) == (984, 1034)


def test_ticket_that_only_closes_brings_no_exits():
    run = started(CALM, CALM)
    run.submit(kind=MARKET, quantity=2)
    run.send([0])
    run.submit(**bracket_ticket(kind=MARKET, quantity=-2))
    run.send([0])
    assert exits(run) == []


def test_ticket_that_reverses_brings_exits_for_what_it_opens():
    run = started(CALM, CALM)
    run.submit(kind=MARKET, quantity=2)
    run.send([0])
    run.submit(**bracket_ticket(kind=MARKET, quantity=-3))
    run.send([0])
    assert exits(run) == [(STOP, 1, 1), (LIMIT, 1, 1)]


def test_exits_of_two_tickets_do_not_cancel_each_other():
    run = started(CALM, (1001, 1031, 999, 1005))
    run.submit(**bracket_ticket(kind=MARKET, quantity=1))
    run.submit(**bracket_ticket(kind=MARKET, quantity=1, target_offset_ticks=60.0))
    run.send([0, 0])
    assert fills(run)[-1] == (2, -1, 1030, Reason.TARGET)
    assert exits(run) == [(STOP, -1, 1), (LIMIT, -1, 1)]


def test_exit_of_a_ticket_never_reverses_a_smaller_position():
    run = started(CALM, (1001, 1002, 970, 975), (975, 976, 970, 972))
    run.submit(**bracket_ticket(kind=MARKET, quantity=3))
    run.send([0])
    run.submit(kind=MARKET, quantity=-2)
    run.send([0])
    assert fills(run)[-1] == (2, -1, 980, Reason.STOP)
    assert run.account.position == 0


def test_stop_born_inside_the_bar_is_hit_in_it_and_the_target_is_not():
    # in at 1010 inside; 20 below is in the range, 30 above too
    row = (1000, 1045, 985, 1000)
    run = started(row)
    run.submit(**bracket_ticket(kind=STOP, quantity=1, trigger_ticks=1010))
    run.send([0])
    assert fills(run) == [(1, 1, 1010, Reason.SIGNAL), (1, -1, 990, Reason.STOP)]
    without_stop = started(row)
    without_stop.submit(kind=STOP, quantity=1, trigger_ticks=1010, target_offset_ticks=30.0)
    assert without_stop.send([0]).account.position == 1


def test_target_born_at_the_open_is_live_in_its_bar():
    run = started((1000, 1031, 999, 1005))
    run.submit(kind=MARKET, quantity=1, target_offset_ticks=30.0)
    assert fills(run.send([0]))[-1] == (1, -1, 1030, Reason.TARGET)


def test_trailing_stop_born_inside_follows_the_close_alone():
    run = started((1000, 1030, 995, 1012))
    run.submit(kind=STOP, quantity=1, trigger_ticks=1010, trail_offset_ticks=20.0)
    run.send([0])
    assert run.account.orders[N_OWN_SLOTS]["trigger_ticks"] == 992  # not 20 behind the high
