"""Why an agent was left flat: a sentence for each case."""

import pytest

from models.flat_reason import flat_reason, is_left_flat


def _told(*evidence, n_decisions=1_200):
    evaluations = [
        {"evidence": each, "net_pnl_usd": 10.0 * (each or 0.0), "n_trades": 5} for each in evidence
    ]
    return {
        "kept": None, "evaluations": evaluations, "n_decisions": n_decisions, "errors_needed": 2.24,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            _told(None, -1.5, 0.5, 1.25),
            "of 4 evaluations on 1,200 bars the best earned +12.50 USD, 1.25 standard errors above "
            "nothing where 2.24 are needed: luck explains it",
        ),
        (
            _told(-0.64, None, -3.0),
            "of 3 evaluations on 1,200 bars none earned anything: the best lies 0.64 standard "
            "errors below nothing",
        ),
        (_told(None, None), "of 2 evaluations on 1,200 bars none made a trade"),
        (
            _told(9.0, n_decisions=99),
            "1 evaluation on 99 bars cannot tell anything from luck: it takes 100 bars",
        ),
    ],
)
def test_reason_tells_losing_from_luck_and_from_not_trading(told, reason):
    assert flat_reason(told) == reason


def test_left_flat_is_who_was_validated_and_nothing_was_kept_of():
    assert is_left_flat(_told(0.1))
    assert not is_left_flat({**_told(0.1), "kept": {"timestep": 3}})
    assert not is_left_flat(None)
