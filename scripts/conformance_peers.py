"""Other people's engines, held to the conformance suite: asked in an environment of their own."""

from typing import Any

from env.conformance.case_types import Case, CaseFile, CaseInstrument
from env.conformance.cases import mirrored
from env.conformance.kernel_engine import without_slippage
from env.conformance.runner import Fill, Fills, NotExpressible
from scripts.benchmarks.peers import ask_peer
from utils.errors import ConfigError

PEERS = {"backtesting": "backtesting_cases", "backtrader": "backtrader_cases"}
"""The program that answers for each peer."""

NO_SLIPPAGE = ("backtesting",)
"""Peers without slippage in ticks: they are held to the cases without any."""

USUAL_SLIPPAGE_TICKS = 1
"""Of most cases; one of another slippage is about slippage, and keeps it."""


class PeerEngine:
    """A peer, asked once for all cases of a file and their mirrors.

    Attributes:
        name: Key of PEERS.
        file: The cases as they are put to it.
        version: Of the peer.
    """

    def __init__(self, name: str, file: CaseFile):
        """Ask the peer.

        Raises:
            ConfigError: If it does not answer; the log says why.
        """
        self.name = name
        self.file = _without_slippage(file) if name in NO_SLIPPAGE else file
        asked = [which for case in self.file.cases for which in (case, mirrored(case))]
        answer = ask_peer(PEERS[name], {"cases": [_as_json(case, file) for case in asked]})
        if answer is None:
            raise ConfigError(f"the peer `{name}` did not answer; `make bench-env` installs it")
        self.version: str = answer["version"]
        self._outcomes: dict[str, dict[str, Any]] = {
            case.name: outcome for case, outcome in zip(asked, answer["outcomes"], strict=True)
        }

    def run(self, case: Case, instrument: CaseInstrument) -> Fills | NotExpressible:
        """Return what the peer did with a case."""
        outcome = self._outcomes[case.name]
        if "not_expressible" in outcome:
            return NotExpressible(outcome["not_expressible"])
        nets = outcome.get("nets")
        return Fills(
            fills=tuple(Fill(**fill) for fill in outcome["fills"]),
            net_usd=outcome["net_usd"],
            nets=None if nets is None else tuple(nets),
        )


def _as_json(case: Case, file: CaseFile) -> dict[str, Any]:
    instrument = file.instruments[case.symbol].model_dump(mode="json")
    return {**case.model_dump(mode="json"), "instrument": instrument}


def _without_slippage(file: CaseFile) -> CaseFile:
    cases = tuple(
        without_slippage(case, file.instruments[case.symbol])
        if case.terms.slippage_ticks == USUAL_SLIPPAGE_TICKS
        else case
        for case in file.cases
    )
    return file.model_copy(update={"cases": cases})
