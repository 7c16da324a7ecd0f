"""One line in words on what a back-test is worth, from figures made elsewhere.

The figures come from `metrics.py`, `sharpe_inference.py`, `resampling.py`, `overfitting.py` and
`superiority.py`; nothing is computed here. A figure that could not be made is NaN: the line then
says that it was not evaluated, and a comparison that was not made is never counted as won.
"""

import math
from dataclasses import dataclass

SIGNIFICANCE = 0.05
"""Largest p-value that counts as evidence."""

CONFIDENCE = 0.95
"""Least deflated Sharpe ratio that counts as evidence."""

WORST_OVERFITTING = 0.5
"""From here on the variant chosen does no better than the median of all, as often as not."""

MOST_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFigures:
    """All that the verdict looks at; NaN where it could not be evaluated.

    Attributes:
        n_trades: Round trips.
        n_sessions: Sessions of the record.
        net_usd: Net profit, USD.
        gross_usd: The same before costs, USD.
        is_ruined: Whether the account was closed by force, or equity was ever at or below zero.
        is_in_sample: Whether it was trained on any of these sessions, or on later ones.
        p_random: Chance that trading at random with the same turnover does as well, 0..1.
        p_standing: p-value of "no better than the standing baseline", 0..1.
        deflated_sharpe: Probability of a Sharpe ratio above the luckiest of the trials, 0..1.
        n_trials: Trials logged, for `deflated_sharpe`; 0 where none was, which leaves it out.
        sharpe_low: Lower end of the interval of the Sharpe ratio.
        sharpe_high: Upper end of it.
        overfitting: Probability of backtest overfitting, 0..1.
        stressed_net_usd: Net profit at doubled slippage and fees, USD.
        sessions_needed: Minimum track record, sessions; infinite where no length would do.
    """

    n_trades: int
    n_sessions: int
    net_usd: float
    gross_usd: float = math.nan
    is_ruined: bool = False
    is_in_sample: bool = False
    p_random: float = math.nan
    p_standing: float = math.nan
    deflated_sharpe: float = math.nan
    n_trials: int = 0
    sharpe_low: float = math.nan
    sharpe_high: float = math.nan
    overfitting: float = math.nan
    stressed_net_usd: float = math.nan
    sessions_needed: float = math.nan


def verdict(figures: VerdictFigures) -> str:
    """Return the verdict: one line of clauses, without a full stop."""
    settled = _settled(figures)
    if settled:
        return settled
    if figures.p_random > SIGNIFICANCE:
        clauses = [_against_random(figures), _track_record(figures)]
    else:
        clauses = [
            _against_random(figures),
            _deflated(figures),
            _interval(figures),
            _overfitted(figures),
            _stress(figures),
            _track_record(figures),
            _not_evaluated(figures),
        ]
    return "; ".join(clause for clause in clauses if clause)


def _settled(figures: VerdictFigures) -> str:
    """Return the verdict where no statistics are called for, else an empty text."""
    if figures.n_trades == 0:
        return "never traded: nothing to judge"
    if figures.is_ruined:
        return "ruined its account"
    if math.isnan(figures.net_usd):
        return "cannot be judged: its net profit was not evaluated"
    if figures.net_usd <= 0.0:
        return _loss(figures)
    if figures.is_in_sample:
        return "cannot be judged: it was trained on these sessions, or on later ones"
    return ""


def _loss(figures: VerdictFigures) -> str:
    text = "loses after costs" if figures.net_usd < 0.0 else "earns nothing after costs"
    if figures.gross_usd > 0.0:
        return f"{text}, which take all of the {figures.gross_usd:,.2f} USD that it won before them"
    if figures.gross_usd <= 0.0:
        return f"{text}, and wins nothing before them"
    return text


def _against_random(figures: VerdictFigures) -> str:
    if math.isnan(figures.p_random):
        return "cannot be told from random: not compared with random trading"
    if figures.p_random > SIGNIFICANCE:
        return (
            "not distinguishable from random at these costs "
            f"(p {_hundredths(figures.p_random, SIGNIFICANCE)})"
        )
    if math.isnan(figures.p_standing):
        return "beats random; not compared with the standing baseline"
    if figures.p_standing > SIGNIFICANCE:
        return (
            "beats random, but not the standing baseline "
            f"(p {_hundredths(figures.p_standing, SIGNIFICANCE)})"
        )
    return "beats random and the standing baseline"


def _deflated(figures: VerdictFigures) -> str:
    if _lacks_deflated(figures):
        return ""
    trials = "1 trial" if figures.n_trials == 1 else f"{figures.n_trials:,} trials"
    value = _hundredths(figures.deflated_sharpe, CONFIDENCE)
    text = f"deflated Sharpe {value} over {trials}"
    if figures.deflated_sharpe >= CONFIDENCE:
        return text
    return f"{text}, less than the {_hundredths(CONFIDENCE, CONFIDENCE)} that would be evidence"


def _interval(figures: VerdictFigures) -> str:
    if figures.sharpe_low > 0.0 or _lacks_interval(figures):
        return ""
    return f"Sharpe ratio anywhere from {figures.sharpe_low:.2f} to {figures.sharpe_high:.2f}"


def _overfitted(figures: VerdictFigures) -> str:
    if math.isnan(figures.overfitting):
        return ""
    text = f"probability of overfitting {_hundredths(figures.overfitting, WORST_OVERFITTING)}"
    return text if figures.overfitting < WORST_OVERFITTING else f"the choice is overfitted: {text}"


def _stress(figures: VerdictFigures) -> str:
    return "loses at doubled costs" if figures.stressed_net_usd < 0.0 else ""


def _track_record(figures: VerdictFigures) -> str:
    if math.isinf(figures.sessions_needed):
        return "no record of any length would show skill at this Sharpe ratio"
    if figures.sessions_needed > figures.n_sessions:
        needed = math.ceil(figures.sessions_needed)
        return f"too short: {figures.n_sessions:,} of {needed:,} sessions needed"
    return ""


def _not_evaluated(figures: VerdictFigures) -> str:
    lacks = {
        "deflated Sharpe": _lacks_deflated(figures),
        "Sharpe interval": _lacks_interval(figures),
        "overfitting": math.isnan(figures.overfitting),
        "doubled costs": math.isnan(figures.stressed_net_usd),
        "track record needed": math.isnan(figures.sessions_needed),
    }
    missing = ", ".join(name for name, is_missing in lacks.items() if is_missing)
    return f"not evaluated: {missing}" if missing else ""


def _lacks_deflated(figures: VerdictFigures) -> bool:
    return math.isnan(figures.deflated_sharpe) or figures.n_trials < 1


def _lacks_interval(figures: VerdictFigures) -> bool:
    return math.isnan(figures.sharpe_low) or math.isnan(figures.sharpe_high)


def _hundredths(share: float, bound: float) -> str:
    """Return a share of 0..1 as `.07`; with up to four digits where two would hide what matters.

    Args:
        share: What to show.
        bound: A share that the text must not seem to be, unless it is; nor may it seem 0 or 1.
    """
    marks = (0.0, bound, 1.0)
    n_digits = 2
    while n_digits < MOST_DIGITS and share not in marks and round(share, n_digits) in marks:
        n_digits += 1
    return f"{share:.{n_digits}f}".removeprefix("0")
