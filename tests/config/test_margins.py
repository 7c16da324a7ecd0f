"""Margins: one entry per instrument, with source and date; a user's own file goes first."""

from datetime import date
from pathlib import Path

import pytest

from config.instruments import INSTRUMENTS
from config.margins import MARGINS_FILE, load_margins, margin_of
from utils.errors import ConfigError

CASES = [
    # symbol, initial, maintenance, intraday (a quarter of initial), as of
    ("MNQ", 3_330, 3_027, 833, date(2025, 7, 31)),
    ("NQ", 33_305, 30_277, 8_326, date(2025, 7, 31)),
    ("MES", 2_230, 2_027, 558, date(2025, 7, 31)),
    ("ES", 22_302, 20_275, 5_576, date(2025, 7, 31)),
    ("M2K", 925, 841, 231, date(2025, 7, 31)),
    ("MYM", 1_422, 1_292, 356, date(2025, 7, 31)),
    ("CL", 5_810, 5_282, 1_453, date(2024, 10, 29)),
    ("MCL", 583, 530, 146, date(2024, 10, 29)),
    ("BZ", 5_841, 5_310, 1_460, date(2024, 10, 29)),
    ("GC", 16_500, 15_000, 4_125, date(2025, 7, 31)),
    ("MGC", 1_650, 1_500, 413, date(2025, 7, 31)),
    ("SI", 14_300, 13_000, 3_575, date(2025, 7, 31)),
    ("SIL", 2_860, 2_600, 715, date(2025, 7, 31)),
    ("ZC", 1_155, 1_050, 289, date(2024, 10, 29)),
    ("6E", 3_080, 2_800, 770, date(2024, 10, 29)),
    ("BTCUSDT", 1_000, 1_000, 1_000, date(2025, 7, 31)),
]
OWN = """
[MNQ]
initial_usd = 4000
maintenance_usd = 3600
intraday_usd = 100.5
source = "my broker"
as_of = 2026-01-02
"""


def own_file(folder: Path, text: str) -> Path:
    """Return a margins file with this text."""
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_margins_there_is_one_per_instrument() -> None:
    assert list(load_margins(MARGINS_FILE)) == list(INSTRUMENTS) == [case[0] for case in CASES]


@pytest.mark.parametrize(
    ("symbol", "initial", "maintenance", "intraday", "as_of"), CASES, ids=[c[0] for c in CASES]
)
def test_margin_of_is_what_the_file_says_with_source_and_date(
    symbol: str, initial: float, maintenance: float, intraday: float, as_of: date
) -> None:
    margin = margin_of(symbol)
    assert (margin.initial_usd, margin.maintenance_usd) == (initial, maintenance)
    assert (margin.intraday_usd, margin.as_of) == (intraday, as_of)
    assert len(margin.source) > 20


def test_margin_of_takes_any_case_and_names_the_choices() -> None:
    assert margin_of("mnq") == margin_of("MNQ")
    with pytest.raises(ConfigError, match="unknown symbol `MNX`: did you mean `MNQ`"):
        margin_of("MNX")


def test_margin_of_own_file_replaces_what_it_has_and_leaves_the_rest(tmp_path: Path) -> None:
    own = own_file(tmp_path, OWN)
    assert margin_of("MNQ", own).intraday_usd == 100.5
    assert margin_of("MNQ", own).as_of == date(2026, 1, 2)
    assert margin_of("NQ", own) == margin_of("NQ")
    assert margin_of("MNQ").intraday_usd == 833


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN.replace("MNQ", "MNX"), r"unknown symbol `MNX`: did you mean `MNQ`.*own\.toml"),
        (OWN.replace("[MNQ]", "[mnq]"), "unknown symbol `mnq`: did you mean `MNQ`"),
        (OWN.replace("4000", "3000"), r"`maintenance_usd` must be <= `initial_usd` \(3000\), was"),
        (OWN.replace("100.5", "0"), "`intraday_usd` in table `MNQ` of .*greater than 0, was 0"),
        (OWN.replace("100.5", "nan"), "`intraday_usd` in table `MNQ`.*finite number"),
        (OWN.replace("as_of", "date"), "`as_of`|unknown setting `date`"),
        (OWN.replace('"my broker"', '""'), "`source` in table `MNQ`"),
        ("MNQ = 3", "`MNQ` in .* must be a table, was 3; write"),
        ("[MNQ", "cannot read margins `.*own.toml`"),
    ],
)
def test_margin_of_own_file_with_a_mistake_is_refused_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        margin_of("MNQ", own_file(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_margin_of_own_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read margins `.*none\.toml`"):
        margin_of("MNQ", tmp_path / "none.toml")
