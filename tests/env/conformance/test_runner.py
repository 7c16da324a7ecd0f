"""The runner of the conformance suite: what it finds in an engine that does not do as written."""

import pytest

from env.conformance.cases import load_cases, mirrored
from env.conformance.kernel_engine import KernelEngine, without_slippage
from env.conformance.runner import Fill, Fills, NotExpressible, Verdict, difference, run_cases

FILE = load_cases()
CASE = next(case for case in FILE.cases if case.name == "6_reversal_in_one_action")
GOT = (
    Fill(bar=1, price=20001.25, quantity=1),
    Fill(bar=2, price=20019.75, quantity=-2),
    Fill(bar=3, price=20010.25, quantity=1),
)
NET = 53.52


def changed(fill, **fields):
    values = {"bar": fill.bar, "price": fill.price, "quantity": fill.quantity, **fields}
    return Fill(**values)


def test_fills_as_written_are_no_difference():
    assert difference(CASE, Fills(fills=GOT, net_usd=NET)) == ""
    assert difference(CASE, Fills(fills=GOT, net_usd=NET, nets=(35.76, 17.76), denials=())) == ""


def test_split_of_a_fill_is_no_difference():
    half = changed(GOT[1], quantity=-1)
    assert difference(CASE, Fills(fills=(GOT[0], half, half, GOT[2]), net_usd=NET)) == ""


@pytest.mark.parametrize(
    "got",
    [
        (),
        GOT[:2],
        (*GOT[:2], changed(GOT[2], price=20010.50)),
        (*GOT[:2], changed(GOT[2], bar=2)),
        (*GOT[:2], changed(GOT[2], quantity=-1)),
        (*GOT, changed(GOT[2], bar=3, price=1.0)),
    ],
)
def test_other_fills_are_shown(got):
    assert difference(CASE, Fills(fills=got, net_usd=NET)).startswith(
        "got no fill" if not got else "got +1 @ 20001.25 in b1"
    )


def test_reasons_count_where_an_engine_names_them():
    named = tuple(changed(fill, reason="signal") for fill in GOT)
    assert difference(CASE, Fills(fills=named, net_usd=NET)) == ""
    wrong = (*named[:2], changed(GOT[2], reason="stop"))
    assert "(stop)" in difference(CASE, Fills(fills=wrong, net_usd=NET))


def test_money_counts_to_the_cent():
    assert difference(CASE, Fills(fills=GOT, net_usd=53.53)) == "got +53.53 USD"
    by_trade = Fills(fills=GOT, net_usd=NET, nets=(35.76, 17.75))
    assert difference(CASE, by_trade) == "got trades of +35.76, +17.75 USD"


def test_denials_count_where_an_engine_names_them():
    got = Fills(fills=GOT, net_usd=NET, denials=("margin",))
    assert difference(CASE, got) == "denied margin"


class Scripted:
    """An engine that does as the kernel does, but in one case, or its mirror."""

    name = "scripted"

    def __init__(self, case_name, answer):
        self.case_name, self.answer = case_name, answer

    def run(self, case, instrument):
        if case.name == self.case_name:
            return self.answer
        return KernelEngine().run(case, instrument)


def outcomes_of(case_name, answer):
    few = FILE.model_copy(update={"cases": (FILE.cases[0], CASE)})
    return run_cases(Scripted(case_name, answer), few)


def test_outcome_of_each_case_comes_in_order():
    outcomes = outcomes_of(CASE.name, Fills(fills=(), net_usd=0.0))
    assert [one.verdict for one in outcomes] == [Verdict.MATCH, Verdict.DIFFER]
    assert (outcomes[1].case, outcomes[1].engine) == (CASE.name, "scripted")
    assert outcomes[1].detail == "got no fill"


def test_outcome_says_when_the_mirror_alone_differs():
    outcomes = outcomes_of(mirrored(CASE).name, Fills(fills=(), net_usd=0.0))
    assert outcomes[1].verdict == Verdict.DIFFER
    assert outcomes[1].detail == "mirrored: got no fill"


def test_outcome_of_what_cannot_be_said_is_no_failure():
    outcomes = outcomes_of(CASE.name, NotExpressible("reversals"))
    assert outcomes[1].verdict == Verdict.NOT_EXPRESSIBLE
    assert outcomes[1].detail == "reversals"


@pytest.mark.conformance
def test_kernel_does_every_case_and_its_mirror_as_written():
    outcomes = run_cases(KernelEngine(), FILE)
    assert [one for one in outcomes if one.verdict != Verdict.MATCH] == []
    assert len(outcomes) == len(FILE.cases)


def test_case_without_slippage_expects_prices_without_it():
    # case 2: in at 20001, the stop 50 below; -50 x 2 - 1.24
    case = next(case for case in FILE.cases if case.name == "2_stop_intrabar")
    bare = without_slippage(case, FILE.instruments["MNQ"])
    assert [(fill.price, fill.reason) for fill in bare.fills] == [
        (20001.0, "signal"),
        (19951.0, "stop"),
    ]
    assert bare.nets == pytest.approx((-101.24,))
