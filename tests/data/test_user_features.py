"""A user's own file of features: what is taken from it, and one error for each mistake."""

import os
import re
import subprocess
import sys

import numba
import numpy as np
import pytest

from data.feature_set import FeatureSet
from data.features import FEATURES
from data.user_features import load_user_features
from tests.helpers.feature_kit import walking_frame
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

SOUND = """
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import jit


@jit
def range_step(state, parameters, bar, out):
    out[0] = parameters[0] * (bar.high - bar.low)


def spec(name="doubled_range", column="doubled_range", kernel=range_step):
    return FeatureSpec(
        name=name, kernel=kernel, parameters=(2.0,), state_size=0, columns=(column,), warm_up=0,
        centre=0.0, spread=1.0, formula="2 (high - low)", source="a test", unit="points",
        bounds="[0, unbounded)",
    )


FEATURES = by_name(spec())
"""

USED_TWICE = """
import sys
from pathlib import Path
from data.feature_pass import load_pass
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.user_features import load_user_features
from tests.helpers.feature_kit import walking_frame
own = load_user_features(Path(sys.argv[1]))
features = FeatureSet(["doubled_range", "rsi"], table={**FEATURES, **own})
features.compute(walking_frame())
run = load_pass(features.specs)
print(sum(run.stats.cache_hits.values()), sum(run.stats.cache_misses.values()))
"""


@pytest.fixture
def user_file(tmp_path):
    """Return a function that writes a user's file and returns its path."""

    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_user_features_are_computed_beside_ours(user_file):
    own = load_user_features(user_file(SOUND))
    features = FeatureSet(["rsi", "doubled_range"], table={**FEATURES, **own})
    frame = walking_frame()
    values = features.compute(frame)[:, 1]
    assert np.array_equal(values, 2.0 * (frame["high"] - frame["low"]))
    assert features.external == ()


def test_user_features_follow_an_edit_of_the_file(user_file):
    frame = walking_frame()
    load_user_features(user_file(SOUND))
    edited = load_user_features(user_file(SOUND.replace("bar.high - bar.low", "bar.high")))
    values = FeatureSet(["doubled_range"], table=edited).compute(frame)[:, 0]
    assert np.array_equal(values, 2.0 * frame["high"])


def test_user_features_may_reuse_a_kernel_of_ours(user_file):
    own = load_user_features(
        user_file(
            "import dataclasses\n"
            "from data.features import FEATURES as OURS\n"
            "rsi_30 = dataclasses.replace(OURS['rsi'], name='rsi_30', columns=('rsi_30',),\n"
            "                             parameters=(30.0,), warm_up=29)\n"
            "FEATURES = {'rsi_30': rsi_30}\n"
        )
    )
    values = FeatureSet(["rsi_30"], table=own).compute(walking_frame())
    assert np.isnan(values[:29]).all()
    assert np.isfinite(values[29:]).all()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled without the JIT")
def test_user_features_in_a_second_process_are_loaded_and_not_compiled(user_file):
    command = [sys.executable, "-c", USED_TWICE, str(user_file(SOUND))]
    answers = [
        subprocess.run(
            command,
            cwd=PROJECT_ROOT,
            env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.split()
        for _ in range(2)
    ]
    assert answers[1] == ["1", "0"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FEATURES = {", "cannot be run: SyntaxError: '{' was never closed"),
        ("import no_such_module", "cannot be run: ModuleNotFoundError"),
        ("1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit()", "cannot be run: SystemExit"),
        (SOUND.replace("state_size=0", "state_size=2.0"), "`state_size` must be a whole number"),
        (SOUND.replace("(2.0,)", "('a', 'b')"), "`parameters` must be finite numbers"),
        (SOUND + "FEATURES = by_name(spec('close'))", "`close` is a column of the bars"),
        (SOUND + "FEATURES = by_name(spec('a,b'))", "a name must be letters, digits and _"),
        (SOUND + "FEATURES = by_name(spec('my', 'ta:foo'))", "not a digit first, was 'ta:foo'"),
        (SOUND + "FEATURES = by_name(spec(kernel=3))", "must be a function with @jit, was 3"),
        ("", "must define FEATURES, a dict of names and FeatureSpecs"),
        ("FEATURES = {}", "must define FEATURES"),
        ("FEATURES = [1]", "must define FEATURES"),
        ("FEATURES = {'mine': 3}", "feature `mine`: must be a FeatureSpec, was int"),
        (SOUND + "FEATURES = {'other': spec()}", "has another name, `doubled_range`"),
        (SOUND + "FEATURES = by_name(spec('rsi'))", "there is a feature of that name already"),
        (SOUND + "FEATURES = by_name(spec('trend'))", "there is a recipe of that name already"),
        (
            SOUND + "FEATURES = by_name(spec(column='macd'))",
            "column `macd` is written by `macd` already",
        ),
        (
            SOUND + "FEATURES = by_name(spec(), spec('b'))",
            "feature `b`: column `doubled_range` is written by `doubled_range` already",
        ),
        (
            SOUND + "def made():\n    @jit\n    def step(s, p, b, o):\n        o[0] = 0.0\n"
            "    return step\nFEATURES = by_name(spec(kernel=made()))",
            "its kernel `step` must be a function of the file, not made inside one",
        ),
        (SOUND.replace("@jit", ""), "its kernel must be a function with @jit"),
    ],
)
def test_user_features_mistake_is_one_clear_error(user_file, text, message):
    if "with @jit" in message and numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled without the JIT")
    path = user_file(text)
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        load_user_features(path)
    assert str(path) in str(caught.value)


def test_user_features_file_that_is_no_python_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_user_features(tmp_path / "gone.py")
    other = tmp_path / "features.txt"
    other.write_text(SOUND)
    with pytest.raises(ConfigError, match="no Python file: its name must end in .py"):
        load_user_features(other)
