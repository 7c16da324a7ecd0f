"""Which contract each session uses: from what was known before it opened, and from nothing else."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.calendar import trade_dates
from data.contract_bars import check_contract_bars
from data.rolls import ROLL_RULES, RollSettings, contracts_in_use, sessions_of
from tests.helpers.contract_bars import contract_frame
from utils.errors import ConfigError

NQ = get_instrument("NQ")
GC = get_instrument("GC")


def used(volumes, instrument=NQ, **settings):
    """Return which contract each session uses, by date, from {contract: {date: volume}}."""
    table = {
        contract: {date: (100.0, volume) for date, volume in sessions.items()}
        for contract, sessions in volumes.items()
    }
    contracts = check_contract_bars(contract_frame(table), instrument)
    sessions = sessions_of(contracts)
    in_use = contracts_in_use(sessions, RollSettings(**settings))
    names = [sessions.contracts[column].code for column in in_use]
    return dict(zip(map(str, sessions.dates), names, strict=True))


DATES = ["2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14", "2024-06-17", "2024-06-18"]


def over(volumes):
    """Return {date: volume} over DATES; None where there are no bars."""
    pairs = zip(DATES, volumes, strict=True)
    return {date: volume for date, volume in pairs if volume is not None}


VOLUME_TABLE = [
    # name, June's volumes, September's, settings, what each session uses (M or U)
    ("after the first session that exceeds", (9, 9, 9, 4, 3, 2), (1, 1, 2, 8, 9, 9), {}, "MMMMUU"),
    ("equal volume is not more", (9, 9, 5, 5, 3, 2), (1, 1, 5, 5, 9, 9), {}, "MMMMMU"),
    ("it never goes back", (9, 9, 4, 9, 9, 9), (1, 1, 8, 1, 1, 1), {}, "MMMUUU"),
    ("the last session decides nothing", (9, 9, 9, 9, 9, 1), (1, 1, 1, 1, 1, 9), {}, "MMMMMM"),
    ("one session must confirm", (9, 9, 9, 4, 3, 2), (1, 1, 2, 8, 9, 9), {"confirm": 1}, "MMMMMU"),
    ("in a row", (9, 4, 9, 4, 3, 2), (1, 8, 2, 8, 9, 9), {"confirm": 1}, "MMMMMU"),
    ("not enough sessions yet", (4, 4, 4, 4, 4, 4), (9,) * 6, {"confirm": 2}, "MMMUUU"),
    # June's bars of the 13th are missing long before the roll (17 June): no sign of anything
    ("a hole decides nothing", (9, 9, None, 9, 9, 9), (1, 1, 2, 1, 1, 1), {}, "MMMMMM"),
    # ... but from the calendar's roll on, a contract without bars has lost its market
    ("silence counts when it is late", (9, 9, 9, 9, None, None), (1,) * 6, {}, "MMMMMU"),
    ("the new one is listed late", (9, 9, 9, 4, 3, 2), (None, None, None, 8, 9, 9), {}, "MMMMUU"),
]


@pytest.mark.parametrize(
    ("june", "september", "settings", "expected"),
    [case[1:] for case in VOLUME_TABLE],
    ids=[case[0] for case in VOLUME_TABLE],
)
def test_volume_rule_changes(june, september, settings, expected):
    in_use = used({"NQM24": over(june), "NQU24": over(september)}, **settings)
    assert list(in_use) == DATES
    assert "".join(name[2] for name in in_use.values()) == expected


def test_volume_rule_skips_a_month_that_hardly_trades():
    # decided by the 25th; that October is busier on the 26th comes too late
    august = {"2024-07-24": 9, "2024-07-25": 4, "2024-07-26": 1}
    october = {"2024-07-24": 5, "2024-07-25": 5, "2024-07-26": 20}
    december = {"2024-07-24": 2, "2024-07-25": 8, "2024-07-26": 9}
    in_use = used({"GCQ24": august, "GCV24": october, "GCZ24": december}, GC)
    assert list(in_use.values()) == ["GCQ24", "GCQ24", "GCZ24"]


def test_volume_rule_passes_over_contracts_that_are_over_by_then():
    march = {"2024-03-15": 9}
    june = {"2024-03-15": 5}
    september = {"2024-03-15": 1, "2024-06-24": 5}
    in_use = used({"NQH24": march, "NQM24": june, "NQU24": september})
    assert list(in_use.values()) == ["NQH24", "NQU24"]


def test_volume_rule_leaves_a_contract_after_its_last_trade_date():
    # June expires on the 21st; September has not yet traded more
    june = {"2024-06-20": 9, "2024-06-21": 9}
    september = {"2024-06-20": 1, "2024-06-21": 1, "2024-06-24": 5, "2024-06-25": 5}
    in_use = used({"NQM24": june, "NQU24": september}, confirm=5)
    assert list(in_use.values()) == ["NQM24", "NQM24", "NQU24", "NQU24"]


def test_volume_rule_starts_with_the_earliest_contract_that_has_bars():
    in_use = used({"NQM24": {"2024-06-12": 9}, "NQU24": {"2024-06-11": 1, "2024-06-12": 1}})
    assert list(in_use.values()) == ["NQU24", "NQU24"]


def test_volume_rule_one_contract_is_used_to_the_end():
    in_use = used({"NQM24": {"2024-06-20": 9, "2024-06-24": 9}})
    assert list(in_use.values()) == ["NQM24", "NQM24"]


def test_calendar_rule_changes_on_the_monday_of_the_week_of_expiry():
    volumes = {"NQM24": over((9,) * 6), "NQU24": over((1,) * 6)}
    in_use = used(volumes, rule="calendar")
    assert "".join(name[2] for name in in_use.values()) == "MMMMUU"


def test_calendar_rule_starts_with_the_contract_that_the_date_asks_for():
    dates = {"2024-06-18": 9, "2024-06-19": 9}
    in_use = used({"NQM24": dates, "NQU24": dates}, rule="calendar")
    assert list(in_use.values()) == ["NQU24", "NQU24"]


def test_calendar_rule_passes_over_months_outside_the_cycle():
    dates = {"2024-07-26": 9, "2024-07-29": 9}  # August gold is left on the 26th
    in_use = used({"GCQ24": dates, "GCV24": dates, "GCZ24": dates}, GC, rule="calendar")
    assert list(in_use.values()) == ["GCZ24", "GCZ24"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "open_interest"}, "unknown roll rule `open_interest`: choices are calendar, vol"),
        ({"confirm": -1}, "`confirm` must be >= 0 sessions, was -1"),
        ({"rule": "calendar", "confirm": 1}, "`confirm` is for the volume rule"),
    ],
)
def test_roll_settings_out_of_bounds_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        RollSettings(**settings)


def random_frame(seed):
    """Return three months of oil over 45 sessions, with volumes that cross again and again."""
    rng = np.random.default_rng(seed)
    days = np.busday_offset("2024-06-03", np.arange(45), roll="forward")
    spans = {"CLN24": days[:14], "CLQ24": days[3:36], "CLU24": days[8:]}
    table = {
        code: {str(day): (70.0, float(rng.integers(1, 100))) for day in own if rng.random() < 0.95}
        for code, own in spans.items()
    }
    return contract_frame(table, n_bars=1)


def decided(frame, settings):
    """Return the sessions' dates and the codes of the contracts in use."""
    sessions = sessions_of(check_contract_bars(frame, get_instrument("CL")))
    in_use = contracts_in_use(sessions, settings)
    return sessions.dates, np.array([sessions.contracts[column].code for column in in_use])


@pytest.mark.conformance
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("rule", ROLL_RULES)
def test_roll_rule_is_blind_to_what_comes_later(rule, seed):
    frame = random_frame(seed)
    settings = RollSettings(rule=rule)
    dates, codes = decided(frame, settings)
    of_bar = trade_dates(pd.DatetimeIndex(frame["timestamp"]))
    assert len(set(codes)) == 3  # it does roll, so there is something to get wrong
    for session in range(seed, len(dates) - 1, 2):
        later = of_bar > dates[session]
        poisoned = frame.copy()
        # what was quiet becomes busy, and the other way round
        poisoned.loc[later, "volume"] = 1e6 / poisoned.loc[later, "volume"]
        poisoned.loc[later, ["open", "high", "low", "close"]] += 500.0
        assert (decided(poisoned, settings)[1][: session + 2] == codes[: session + 2]).all()

        n_kept = session + 1
        shorter_dates, shorter = decided(frame[~later], settings)
        assert (shorter_dates == dates[:n_kept]).all()
        assert (shorter == codes[:n_kept]).all()
