"""The gate's words on all horizons of a forecaster: one that fails is enough against it."""

from models.forecast.ship_gate import GateVerdict, verdict_on_all

GOOD = GateVerdict(promoted=True, reasons=("skill +1.00%", "is harx_fhs itself"))
BAD = GateVerdict(promoted=False, reasons=("no significant gain: t 1.80",))


def test_verdict_on_all_horizons_promotes_what_passes_at_every_one():
    assert verdict_on_all({3: GOOD, 12: GOOD}) == (
        "promoted, passes at every horizon forecast: 3 bars ahead: skill +1.00%; is harx_fhs "
        "itself; 12 bars ahead: skill +1.00%; is harx_fhs itself"
    )


def test_verdict_on_all_horizons_names_the_one_that_fails():
    assert verdict_on_all({3: GOOD, 12: GOOD, 36: BAD}) == (
        "not promoted: 36 bars ahead: no significant gain: t 1.80; passes at 3, 12 bars"
    )


def test_verdict_on_all_horizons_says_that_none_passes():
    assert verdict_on_all({12: BAD}).endswith("t 1.80; passes at no horizon")


def test_sentence_of_one_horizon_promotes_nobody():
    assert GOOD.sentence.startswith("passes at this horizon: ")
    assert BAD.sentence.startswith("does not pass at this horizon: ")
