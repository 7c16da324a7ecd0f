"""The command `features.py check`: tests that find a feature which cannot be trusted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from scripts.features_commands.options import ModuleOption

if TYPE_CHECKING:
    from data.feature_problems import CheckResult
    from data.indicators.spec import FeatureSpec

HAS_FAILED = 1
"""Exit code where a check found something."""


def check(
    name: Annotated[str | None, Argument(help="Features and recipes, comma-separated.")] = None,
    check_all: Annotated[bool, Option("--all", help="Check all features.")] = False,
    module: ModuleOption = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of objects as JSON.")] = False,
) -> int:
    """Look for peeks at the future, live values unlike batch, and more; exit 1 where any is found.

    Give NAME, --all, or --module with a file of your own, which is run. The checks are explained in
    docs/adding_a_feature.md.
    """
    from dataclasses import asdict

    from rich.progress import track

    from data.feature_checks import run_checks
    from scripts.printing import console
    from utils.files import canonical_json

    table, names = _selected(name, check_all, module)
    is_hidden = as_json or not console.is_terminal
    steps = track(names, "checking", console=console, transient=True, disable=is_hidden)
    results = [result for each in steps for result in run_checks(table[each], table)]
    if as_json:
        print(canonical_json([asdict(result) for result in results]))
    else:
        _print(names, results)
    return HAS_FAILED if any(result.problem for result in results) else 0


def _selected(
    name: str | None, check_all: bool, module: Path | None
) -> tuple[dict[str, "FeatureSpec"], list[str]]:
    """Return the table to look features up in, and the names of those to check."""
    from data.features import FEATURES
    from data.user_features import load_user_features

    _check_one_way(name, check_all, module)
    if module is not None:
        own = load_user_features(module)
        return {**FEATURES, **own}, list(own)
    return FEATURES, list(FEATURES) if name is None else _named(name)


def _check_one_way(name: str | None, check_all: bool, module: Path | None) -> None:
    """Refuse none of the ways to say what to check, and more than one."""
    from utils.errors import ConfigError

    ways = {"NAME": name is not None, "--all": check_all, "--module": module is not None}
    given = [way for way, is_given in ways.items() if is_given]
    if not given:
        raise ConfigError("say what to check: the name of a feature, --all, or --module")
    if len(given) > 1:
        raise ConfigError(f"say what to check in one way, was {' and '.join(given)}")


def _named(text: str) -> list[str]:
    """Return the features that a list of features and recipes stands for, each once."""
    from data.feature_names import find_feature, split_names
    from data.features import FEATURES
    from data.library_columns import described_column, is_library_name
    from data.recipes import RECIPES
    from utils.errors import ConfigError

    choices = {**RECIPES, **{feature: (feature,) for feature in FEATURES}}
    names: dict[str, None] = {}
    for name in split_names(text):
        if is_library_name(name):
            described_column(name)  # says so where there is none
            raise ConfigError(
                f"`{name}` is a column of another library, batch only: there is no live value to "
                "check; `features.py show` says what is known of it"
            )
        names |= dict.fromkeys(find_feature(choices, name, "feature or recipe"))
    return list(names)


def _print(names: Sequence[str], results: Sequence["CheckResult"]) -> None:
    """Print one row per feature, then what was found."""
    from rich.table import Column, Table

    from data.feature_checks import CHECKS
    from scripts.printing import console

    feature = Column("feature", no_wrap=True, min_width=max(map(len, names)))
    table = Table(feature, *(name.replace("_", " ") for name in CHECKS), padding=(0, 0))
    for name in names:
        own = {result.check: result for result in results if result.feature == name}
        table.add_row(name, *(_mark(own[check]) for check in CHECKS))
    console.print(table)
    wrong = [result for result in results if result.problem]
    for result in wrong:
        console.print(f"{result.feature}, {result.check}: {result.problem}", soft_wrap=True)
    n_failed = len({result.feature for result in wrong})
    console.print(f"{len(names) - n_failed:,} of {len(names):,} features pass")


def _mark(result: "CheckResult") -> str:
    """Return what stands in the table for one result; a dash where the check was not run."""
    if result.problem:
        return "FAIL"
    return "ok" if result.was_run else "-"
