"""The pages on operation say what is so: every alert and its level, every metric and file."""

import re

import pytest

from config.operation_settings import AlertSettings, HeartbeatSettings, LogSettings, MetricsSettings
from tests.helpers.trader_statuses import healthy
from trading.alert_channel import ChannelCounts
from trading.alert_kinds import ALERT_KINDS
from trading.live_lines import status_lines
from trading.trader_metrics import metrics_of
from utils.paths import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
OPERATION = (DOCS / "live_operation.md").read_text(encoding="utf-8")
CHECKLIST = (DOCS / "paper_checklist.md").read_text(encoding="utf-8")
ALERT_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| .+ \| .+ \|$", re.MULTILINE)


def test_operation_page_has_a_row_for_every_alert_with_its_level():
    rows = dict(ALERT_ROW.findall(OPERATION))
    assert rows == {name: kind.level.value for name, kind in ALERT_KINDS.items()}


def test_operation_page_names_metrics_that_there_are():
    named = set(re.findall(r"`(futuresgym_\w+)`", OPERATION))
    families = metrics_of(healthy(), ChannelCounts())
    samples = {sample.name for family in families for sample in family.samples}
    labelled = {"futuresgym_denials", "futuresgym_alert_open"}  # no sample where there is none
    assert len(named) > 20
    assert named - labelled <= samples


def test_operation_page_shows_the_view_with_all_its_labels():
    labels = {line.label for line in status_lines(healthy(), healthy().at)} - {""}
    assert {label for label in labels if f"│ {label:<10}  " in OPERATION} == labels


def test_operation_page_has_the_numbers_of_the_settings():
    for words in (
        f"port {MetricsSettings().port}",
        f"{MetricsSettings().address} port",
        f"closed at {LogSettings().max_bytes // 1_000_000} MB",
        f"more times at {AlertSettings().retry_seconds:.0f} s",
    ):
        assert words in OPERATION
    assert (AlertSettings().n_retries, LogSettings().n_kept) == (5, 10)  # in words there
    assert HeartbeatSettings().every_seconds == 60.0  # "once a minute"


@pytest.mark.parametrize("page", [OPERATION, CHECKLIST], ids=["operation", "checklist"])
def test_operation_pages_name_files_that_there_are(page):
    linked = re.findall(r"\]\((?!https?:)([^)]+)\)", page)
    named = re.findall(r"`((?:deploy|docs|trading)/[\w./]+\.\w+)`", page)
    assert all((DOCS / name).is_file() for name in linked)
    assert all((PROJECT_ROOT / name).is_file() for name in named)


def test_checklist_says_first_that_nothing_was_run_against_the_broker():
    opening = " ".join(CHECKLIST.split("\n\n")[1].split())
    assert opening.startswith("Nothing of FuturesGym has ever been run against a real TWS")


@pytest.mark.parametrize(
    "words",
    [
        "while the entry is partly filled",
        "status of the untransmitted orders",
        "openOrder before orderStatus",
        "the status that came with it",
        "real pacing thresholds",
        "margin of one contract",
        "queueing",
        "commission of a fill",
        "whether 1100 came or the socket was lost",
    ],
)
def test_checklist_has_a_step_for_what_nobody_vouches_for(words):
    assert words in CHECKLIST


def test_checklist_steps_are_numbered_without_gaps_and_have_three_answers():
    rows = [line for line in CHECKLIST.splitlines() if re.match(r"^\| \d", line)]
    numbers = [tuple(map(int, row.split("|")[1].strip().split("."))) for row in rows]
    for section in range(1, 7):
        steps = [step for part, step in numbers if part == section]
        assert steps == list(range(1, len(steps) + 1))
    assert {row.count(" | ") for row in rows} == {3}
