"""Downloads through the client library from the simulated gateway, over TCP, faults included."""

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.continuous import continuous_series
from data.contract_bars import check_contract_bars
from data.history_request import HistoryRequest
from data.ib_history_client import IbDeadlines
from data.ib_pacing import PacingLimits
from data.rolls import RollSettings
from data.store import load_bars, load_metadata
from data.synthetic_contracts import synthetic_contracts
from scripts import fetching
from scripts.fetching_ib import IbJob, fetch_from_ib
from tests.helpers.history import FakeListener, FastClock, MovedClock
from tests.helpers.history_gateway import access_to, answer_history, five_minutes, gateway_with
from utils.errors import ConfigError, DataError, FatalGatewayError, TemporaryGatewayError
from utils.files import sha256_of_file

MNQ = get_instrument("MNQ")
ROLLED = "2024-03-27T14:00:00+00:00"
"""H24 ended on 2024-03-15; two weeks before, both contracts are asked for: ten requests."""

PLAIN = "2024-02-14T15:00:00+00:00"
"""Nothing but H24: three requests for two weeks."""

NAME = "MNQ_20240131_20240214.parquet"


@pytest.fixture(scope="module")
def frame():
    """Return MNQ contracts from 2024-01-02 on, 62 sessions."""
    return synthetic_contracts(62 * 276)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Let data/storage/ be a folder of the test's own."""
    monkeypatch.setattr(fetching, "BARS_DIR", tmp_path)
    return tmp_path


@pytest.fixture
def clock():
    """Return a clock that stands where the market of PLAIN does, a little later."""
    return FastClock("2024-02-14T15:02:00+00:00")


@pytest.fixture
def gateway(frame, clock):
    """Return a gateway that stands at PLAIN and has one contract to tell of."""
    with gateway_with(frame, PLAIN, clock) as running:
        yield running


class HasteListener(FakeListener):
    """A listener that lets a minute pass for the gateway when the download has to wait."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def say(self, text):
        """Remember a line, and move the clock."""
        super().say(text)
        self._clock.move(60.0)


def expected(frame, first, before):
    """Return the series that all contracts make between two times."""
    series = continuous_series(check_contract_bars(frame, MNQ), MNQ, RollSettings()).bars
    return series[(series.index >= pd.Timestamp(first)) & (series.index < pd.Timestamp(before))]


class Meddler(FakeListener):
    """A listener that does something once so many chunks are there."""

    def __init__(self, after, act):
        super().__init__()
        self._after, self._act = after, act

    def advance(self, chunk, seconds):
        """Count, and act."""
        super().advance(chunk, seconds)
        if self.n_advanced == self._after:
            self._act()


def test_download_of_several_contracts_is_the_series_that_all_bars_make(frame, folder, capsys):
    clock, listener = FastClock("2024-03-27T14:02:00+00:00"), FakeListener()
    with gateway_with(frame, ROLLED, clock) as gateway:
        access = access_to(gateway, folder, clock, listener=listener)
        path, code = fetch_from_ib(IbJob(history=five_minutes("3 W")), access)

    assert (path.name, code) == ("MNQ_20240306_20240327.parquet", 0)
    bars = load_bars(path, MNQ)
    pd.testing.assert_frame_equal(bars, expected(frame, "2024-03-05T23:00Z", ROLLED))
    assert bars["is_roll"].sum() == 1
    notes = load_metadata(path)
    assert (notes["source"], notes["adjustment"]) == ("ib, rolled by volume, 0 to confirm", "none")
    assert notes["quality"].startswith("0 errors")
    assert listener.n_advanced == 10
    assert listener.said == []  # no violation, although the gateway enforces its limits
    assert "bars, 2024-03-05 23:00:00+00:00 to 2024-03-27 13:55:00+00:00" in capsys.readouterr().out


def test_download_too_fast_is_refused_by_the_gateway_and_backs_off(frame, folder, clock):
    standing = MovedClock("2024-02-14T15:02:00+00:00")  # all requests come at once, until it moves
    listener = HasteListener(standing)
    loose = PacingLimits(n_requests=1_000, identical_seconds=0.0, n_burst=1_000)
    with gateway_with(frame, PLAIN, standing) as gateway:
        access = access_to(gateway, folder, clock, listener=listener, limits=loose)
        path, _ = fetch_from_ib(IbJob(history=five_minutes("6 W")), access)

    (line,) = listener.said
    assert "asked for too often (Interactive Brokers says 162: Historical Market Data" in line
    pd.testing.assert_frame_equal(load_bars(path, MNQ), expected(frame, "2024-01-02T23:00Z", PLAIN))


def test_download_goes_on_over_a_new_connection(gateway, folder, clock, frame):
    listener = Meddler(1, lambda: gateway.do("kick"))

    access = access_to(gateway, folder, clock, listener=listener)
    path, _ = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)

    assert any("the connection to 127.0.0.1" in line for line in listener.said)
    pd.testing.assert_frame_equal(load_bars(path, MNQ), expected(frame, "2024-01-30T23:00Z", PLAIN))


def test_download_of_an_unanswered_request_asks_again(gateway, folder, clock, frame):
    listener = Meddler(1, lambda: gateway.set(ignore_in={"20": 1}))
    deadlines = IbDeadlines(request_seconds=0.5)

    access = access_to(gateway, folder, clock, listener=listener, deadlines=deadlines)
    path, _ = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)

    assert any("no answer within 0.5 s; trying again" in line for line in listener.said)
    pd.testing.assert_frame_equal(load_bars(path, MNQ), expected(frame, "2024-01-30T23:00Z", PLAIN))


def test_download_of_shuffled_history_is_sorted_and_each_bar_is_there_once(
    gateway, folder, clock, frame
):
    listener = FakeListener()
    gateway.set(is_shuffling_history=True)

    access = access_to(gateway, folder, clock, listener=listener)
    path, code = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)

    assert code == 0
    assert listener.said == ["3 bars came twice in one answer"]
    pd.testing.assert_frame_equal(load_bars(path, MNQ), expected(frame, "2024-01-30T23:00Z", PLAIN))


def test_download_with_holes_says_so_in_the_quality_it_stores(gateway, folder, clock):
    gateway.set(history_gap_bars=7)

    access = access_to(gateway, folder, clock)
    path, _ = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)

    assert "missing_bars" in load_metadata(path)["quality"]


def test_download_of_days_has_trade_dates_and_not_the_one_under_way(gateway, folder, clock):
    days = HistoryRequest(symbol="MNQ", duration="2 W", bar_size="1 day", is_rth_only=False)
    path, _ = fetch_from_ib(IbJob(history=days), access_to(gateway, folder, clock))

    bars = load_bars(path, MNQ)
    assert path.name == "MNQ_20240131_20240213_1day.parquet"
    assert [str(stamp.date()) for stamp in bars.index[[0, -1]]] == ["2024-01-31", "2024-02-13"]
    assert len(bars) == 10
    assert load_metadata(path)["bar_seconds"] == "86400"


def test_update_asks_for_what_is_missing_and_renames_the_file(folder, frame, capsys):
    with gateway_with(frame, PLAIN, clock := FastClock("2024-02-14T15:02:00+00:00")) as gateway:
        access = access_to(gateway, folder, clock)
        path, _ = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)
    assert path.name == NAME
    later = "2024-02-16T15:00:00+00:00"
    clock, listener = FastClock("2024-02-16T15:02:00+00:00"), FakeListener()
    job = IbJob(history=five_minutes("1 W"), is_update=True)
    with gateway_with(frame, later, clock) as gateway:
        path, _ = fetch_from_ib(job, access_to(gateway, folder, clock, listener=listener))

    assert path.name == "MNQ_20240131_20240216.parquet"
    assert listener.begun == (2, 3)
    pd.testing.assert_frame_equal(load_bars(path, MNQ), expected(frame, "2024-01-30T23:00Z", later))
    assert [file.name for file in folder.glob("*.parquet")] == [path.name]
    assert "552 bars added to 2,952" in capsys.readouterr().out


def test_update_of_revised_bars_is_refused_until_told_which_to_keep(folder, frame):
    clock = FastClock("2024-02-14T15:02:00+00:00")
    with gateway_with(frame, PLAIN, clock) as gateway:
        path, _ = fetch_from_ib(
            IbJob(history=five_minutes("2 W")), access_to(gateway, folder, clock)
        )
    is_changed = (frame.index == pd.Timestamp("2024-02-13T15:00Z")) & (
        frame["contract"] == "MNQH24"
    )
    revised = frame.assign(volume=frame["volume"].where(~is_changed, 7.0))
    with gateway_with(revised, PLAIN, clock) as gateway:
        access = access_to(gateway, folder, clock)
        with pytest.raises(DataError, match=r"1 of .*\(volume .* -> 7\.0\)"):
            fetch_from_ib(IbJob(history=five_minutes("2 W"), is_update=True), access)
        job = IbJob(history=five_minutes("2 W"), is_update=True, revised="take_new")
        fetch_from_ib(job, access)

    assert load_bars(path, MNQ).at[pd.Timestamp("2024-02-13T15:00Z"), "volume"] == 7.0


def test_download_twice_without_update_is_refused_before_anybody_is_asked(gateway, folder, clock):
    access = access_to(gateway, folder, clock)
    path, _ = fetch_from_ib(IbJob(history=five_minutes("2 W")), access)
    before = sha256_of_file(path)

    with pytest.raises(ConfigError, match=r"exists: add --update to append what is missing"):
        fetch_from_ib(IbJob(history=five_minutes("2 W")), access)
    assert sha256_of_file(path) == before


def test_client_id_in_use_is_one_line(gateway, folder, clock):
    gateway.set(ghost_clients=[3])

    with pytest.raises(TemporaryGatewayError, match=r"client id 3 is in use at 127.* --client-id"):
        fetch_from_ib(IbJob(history=five_minutes("2 W")), access_to(gateway, folder, clock))


def test_gateway_that_never_shakes_hands_is_one_line(gateway, folder, clock):
    gateway.set(is_silent=True)
    deadlines = IbDeadlines(connect_seconds=0.5)

    access = access_to(gateway, folder, clock, deadlines=deadlines)
    with pytest.raises(TemporaryGatewayError, match=r"did not answer within 0\.5 s; is it TWS"):
        fetch_from_ib(IbJob(history=five_minutes("2 W")), access)


def test_product_that_the_broker_does_not_know_is_one_line(gateway, folder, clock):
    access = access_to(gateway, folder, clock)
    unknown = HistoryRequest(symbol="MES", duration="2 W", bar_size="5 mins", is_rth_only=False)

    with pytest.raises(
        FatalGatewayError, match=r"contracts of MES at CME: no such contract; check"
    ):
        fetch_from_ib(IbJob(history=unknown), access)


@pytest.mark.parametrize(
    ("code", "text", "part"),
    [
        (354, "Requested market data is not subscribed", "no market data permission; subscribe"),
        (
            162,
            "Historical Market Data Service error message:No market data permissions for CME FUT",
            "no market data permission; subscribe",
        ),
        (10197, "No market data during competing live session", "another session of the same"),
        (321, "Error validating request", "refused as it stands"),
    ],
)
def test_refused_history_is_one_line_and_what_came_is_kept(
    gateway, folder, clock, code, text, part
):
    answer_history(gateway, 1, (code, text))
    access = access_to(gateway, folder, clock)

    with pytest.raises(FatalGatewayError, match=part):
        fetch_from_ib(IbJob(history=five_minutes("2 W")), access)
    assert len(list((folder / "ib").rglob("*.parquet"))) == 1
