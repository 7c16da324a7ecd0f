"""Unit and image: what linters say, where they are installed, and what those cannot know."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.ib_config import IBConfig
from trading.alert_targets import ALERT_URLS, HEARTBEAT_URL
from utils.errors import FuturesGymError
from utils.paths import NUMBA_DIR, PROJECT_ROOT, VAR_DIR

DEPLOY = PROJECT_ROOT / "deploy"
UNIT = (DEPLOY / "futuresgym-trader.service").read_text(encoding="utf-8")
IMAGE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
MAX_EXPOSURE = 2.0
"""What `systemd-analyze security` gives a service, from 0 (safe) to 10."""

HARDENING = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "CapabilityBoundingSet=",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "UMask=0077",
)
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)
"""On the path, or in the environment that runs this."""

SECRET_WORDS = re.compile(r"password|token|secret=|https?://|://[^/]*@|DU\d{4,}", re.IGNORECASE)


def value(key: str) -> str:
    """Return the only value of a key of the unit."""
    (found,) = re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)
    return str(found)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a linter."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with a program that this machine has."""
    copy = tmp_path / "futuresgym-trader.service"
    copy.write_text(UNIT.replace("/opt/futuresgym/.venv/bin/python", sys.executable), "utf-8")
    return copy


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@needs_systemd
def test_unit_has_nothing_that_systemd_does_not_understand(unit: Path) -> None:
    result = run("systemd-analyze", "verify", str(unit))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@needs_systemd
def test_unit_is_hardened_as_systemd_counts_it(unit: Path) -> None:
    result = run("systemd-analyze", "security", "--offline=yes", str(unit))
    if "offline" in result.stderr:
        pytest.skip("this systemd-analyze does not judge files")
    (exposure,) = re.findall(r"exposure level for \S+: ([0-9.]+)", result.stdout)
    assert float(exposure) <= MAX_EXPOSURE


@pytest.mark.parametrize("line", HARDENING)
def test_unit_has_hardening(line: str) -> None:
    assert line in UNIT.splitlines()


def test_unit_watches_and_restarts_but_not_after_a_refused_setting() -> None:
    assert (value("Type"), value("NotifyAccess")) == ("notify", "main")
    assert float(value("WatchdogSec")) > 0
    assert value("Restart") == "on-failure"
    assert value("RestartPreventExitStatus") == str(FuturesGymError.exit_code)
    assert float(value("TimeoutStopSec")) > 10.0


def test_unit_may_write_where_the_program_writes() -> None:
    root = value("WorkingDirectory")
    assert value("ReadWritePaths") == f"{root}/{VAR_DIR.relative_to(PROJECT_ROOT).as_posix()}"
    assert NUMBA_DIR.is_relative_to(VAR_DIR)


def test_unit_starts_a_script_that_is_there() -> None:
    program, script, *options = shlex.split(value("ExecStart"))
    assert program.startswith(value("WorkingDirectory"))
    assert (PROJECT_ROOT / script).is_file()
    assert options[:2] == ["--mode", "paper"]  # live is nobody's default


def test_unit_names_variables_that_are_read() -> None:
    prefix = IBConfig.model_config["env_prefix"]
    names = {f"{prefix}{name.upper()}" for name in IBConfig.model_fields}
    assert set(re.findall(r"IB_[A-Z_]+", UNIT)) <= names


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
def test_image_has_nothing_that_hadolint_minds() -> None:
    result = run(str(HADOLINT), "--no-color", str(DEPLOY / "Dockerfile"))
    assert (result.returncode, result.stdout) == (0, "")


def test_image_is_of_an_exact_version_and_runs_as_nobody_in_particular() -> None:
    bases = re.findall(r"^FROM (\S+)", IMAGE, re.MULTILINE)
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.1[1-3]\.\d+-slim-\w+", base)
    assert re.findall(r"^USER (\S+)", IMAGE, re.MULTILINE) == ["10001:10001"]
    assert IMAGE.index("USER 10001") < IMAGE.index("ENTRYPOINT")


def test_image_copies_what_there_is_and_all_packages() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", IMAGE, re.MULTILINE)
    assert all((PROJECT_ROOT / name).is_dir() for name in copied)
    packages = {path.parent.name for path in PROJECT_ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(copied) == packages


def test_image_is_given_what_it_copies_and_nothing_secret() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.strip("!/") for rule in rules if rule.startswith("!")}
    wanted = {word for line in re.findall(r"^COPY (?!--)(.*) \S+$", IMAGE, re.MULTILINE)
              for word in line.split()}  # fmt: skip
    assert let_in == wanted
    assert {"data/storage/", "models/saved/", "**/.env"} <= set(rules)


def test_image_health_check_is_a_program_of_ours_and_looks_where_traders_write() -> None:
    (check,) = re.findall(r'CMD \["python", "-m", "([\w.]+)", "([^"]+)"\]', IMAGE)
    module, folder = check
    assert (PROJECT_ROOT / Path(*module.split("."))).with_suffix(".py").is_file()
    assert Path(folder) == VAR_DIR.relative_to(PROJECT_ROOT) / "trading"


@pytest.mark.parametrize("text", [UNIT, IMAGE], ids=["unit", "image"])
def test_unit_and_image_hold_no_secrets(text: str) -> None:
    assert SECRET_WORDS.findall(text) == []
    assert not re.search(rf"(?:{ALERT_URLS}|{HEARTBEAT_URL})=", text)
