"""The conformance suite's data: it agrees with itself and with ours, and mistakes are one line."""

import json
from typing import get_args

import pytest

from config.instruments import get_instrument
from env.conformance.case_types import PathName, ReasonName
from env.conformance.cases import CASES_PATH, load_cases, mirrored
from env.kernel.names import PATH_POLICIES, Reason
from utils.errors import ConfigError

FILE = load_cases()


def text() -> dict:
    return json.loads(CASES_PATH.read_text(encoding="utf-8"))


def test_instruments_of_the_cases_are_those_of_the_table():
    for symbol, known in FILE.instruments.items():
        instrument = get_instrument(symbol)
        assert known.tick_size == instrument.tick_size
        assert known.usd_per_point == instrument.multiplier
        assert known.commission_per_side_usd == instrument.commission_per_side_usd


def test_names_of_reasons_and_paths_are_the_kernels():
    assert set(get_args(ReasonName)) == {reason.label for reason in Reason}
    assert set(get_args(PathName)) == set(PATH_POLICIES)


def test_nets_of_the_cases_follow_from_their_fills():
    for case in FILE.cases:
        instrument = FILE.instruments[case.symbol]
        flow = -sum(fill.quantity * fill.price for fill in case.fills) * instrument.usd_per_point
        contracts = sum(abs(fill.quantity) for fill in case.fills)
        net = flow - contracts * instrument.commission_per_side_usd
        assert net == pytest.approx(sum(case.nets), abs=1e-6), case.name


def test_mirror_of_a_mirror_is_the_case():
    for case in FILE.cases:
        twice = mirrored(mirrored(case))
        assert twice.model_copy(update={"name": case.name}) == case


def test_mirror_swaps_sides_and_extremes_at_the_first_close():
    case = next(case for case in FILE.cases if case.name == "4_path_ohlc")
    mirror = mirrored(case)
    assert mirror.bars[2] == (19992.0, 20060.0, 19940.0, 19950.0)  # of 20008, 20060, 19940, 20050
    assert mirror.orders[0].quantity == -1
    assert mirror.terms.path_policy == "olhc"
    assert [(fill.price, fill.quantity) for fill in mirror.fills] == [(19998.75, -1), (19948.75, 1)]
    assert mirror.nets == case.nets


def broken(tmp_path, change):
    """Return the error of the shipped file after `change` has been made to its JSON."""
    data = text()
    change(data)
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_cases(path)
    line = str(error.value)
    assert "\n" not in line
    return line


def change_case(**fields):
    return lambda data: data["cases"][0].update(fields)


def change_order(**fields):
    return lambda data: data["cases"][0]["orders"][0].update(fields)


MISTAKES = [
    (change_order(kind="maket"), ("cases[0].orders[0].kind", "'maket'")),
    (change_order(size=1), ("cases[0].orders[0].size",)),
    (change_order(quantity=0), ("`quantity` must not be 0",)),
    (change_order(quantity=1.5), ("cases[0].orders[0].quantity", "1.5")),
    (change_order(limit=20000.0), ("a market order has no `limit`",)),
    (change_order(kind="stop"), ("a stop order needs a `stop`",)),
    (change_order(kind="stop_limit", stop=1.0), ("a stop_limit order needs a `limit`",)),
    (change_order(stop_loss_points=-1.0), ("stop_loss_points", "-1")),
    (change_order(at=2), ("cases[0]", "before the last bar (2)")),
    (change_case(symbol="ZZ"), ("no instrument `ZZ`",)),
    (change_case(name="Case One"), ("cases[0].name", "'Case One'")),
    (change_case(name="2_stop_intrabar"), ("two cases are called `2_stop_intrabar`",)),
    (change_case(comment="two\nlines"), ("`comment` must be one line",)),
    (change_case(bars=[[1, 2, 0, 1]]), ("cases[0].bars",)),
    (change_case(bars=[[1, 2, 0, 1], [1, 0.5, 0, 1], [1, 2, 0, 1]]), ("bar 1: open and close",)),
    (change_case(nets=None), ("cases[0].nets",)),
    (lambda data: data["cases"][0].pop("fills"), ("cases[0].fills",)),
    (
        lambda data: data["cases"][0]["fills"][0].update(bar=9),
        ("the bars of fills must rise, from 1 to 2",),
    ),
    (lambda data: data["cases"][0]["fills"][0].update(reason="luck"), ("reason", "'luck'")),
    (lambda data: data["cases"][0]["fills"][0].update(price=20001.3), ("20001.3 is not on the",)),
    (lambda data: data["cases"][0]["fills"][0].update(price=None), ("price", "None")),
    (lambda data: data.update(cases=[]), ("cases",)),
]


@pytest.mark.parametrize(("change", "parts"), MISTAKES)
def test_mistake_in_a_cases_file_is_one_line_that_says_where(tmp_path, change, parts):
    line = broken(tmp_path, change)
    assert line.startswith("cases.json: ")
    for part in parts:
        assert part in line


def test_missing_cases_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the cases in .*none.json: No such file"):
        load_cases(tmp_path / "none.json")


def test_cases_file_that_is_no_json_is_one_line(tmp_path):
    path = tmp_path / "cases.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="cases.json: Invalid JSON"):
        load_cases(path)
