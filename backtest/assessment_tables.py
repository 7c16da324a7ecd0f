"""An assessment in tables and words that a trader reads.

What the figures mean is left to docs/significance.md, the same for programs to
`assessment_json.py`. A figure that is absent has no row; the last table says which these are, and
why.
"""

import math

from backtest.assessed import Assessment
from backtest.assessment_json import assessment_json
from backtest.deflation import Deflation
from backtest.random_traders import RandomTraders
from backtest.resampling import Interval
from backtest.tables import UNDEFINED, Row, Table
from backtest.verdict import SIGNIFICANCE, WORST_OVERFITTING
from utils.wording import counted

__all__ = ["assessment_json", "assessment_tables"]

INTERVAL_ROWS: dict[str, tuple[str, str]] = {
    "sharpe": ("Sharpe ratio, annual", "{:.2f}"),
    "total_return": ("Total return", "{:+.1%}"),
    "max_drawdown": ("Maximum drawdown (sessions)", "{:.1%}"),
    "profit_factor": ("Profit factor", "{:.2f}"),
    "expectancy_usd": ("Expectancy per trade, USD", "{:+,.2f}"),
}
"""Heading and format of each interval."""

A_CENT = 0.01

BLOCKS_NOTE = (
    " The blocks of a walk-forward were closed at their last close; a replay closes them at the "
    "next open, and so much is in every change."
)

KINDS = {
    "costs": "Costs: {}",
    "path": "Path inside a bar: {}",
    "stop": "Protective {}",
    "delay": "Timing: {}",
}
"""Heading of a rerun, by its kind."""


def assessment_tables(assessment: Assessment) -> tuple[Table, ...]:
    """Return the tables that have anything to show, in the order in which they are read."""
    tables = (
        _luck_table(assessment),
        _interval_table(assessment),
        _baseline_table(assessment),
        _rerun_table(assessment),
        _order_table(assessment),
        _absent_table(assessment),
    )
    return tuple(table for table in tables if table.rows)


def _luck_table(assessment: Assessment) -> Table:
    rows = [
        *_deflation_rows(assessment.deflation, assessment.n_sessions),
        *_random_rows(assessment.random),
        *_variant_rows(assessment),
        *_seed_rows(assessment),
    ]
    return Table(
        heading="Skill or luck",
        columns=("Question", "Answer", "Read as"),
        rows=tuple(rows),
        note="A p-value is the chance of doing as well without skill: evidence begins at "
        f"{SIGNIFICANCE:.0%} and below. A probability of skill should be 95 % or more.",
    )


def _deflation_rows(deflation: Deflation | None, n_sessions: int) -> list[Row]:
    if deflation is None:
        return []
    trials = counted(deflation.n_trials, "logged trial")
    at_least = "at least " if deflation.n_damaged else ""
    needed = deflation.sessions_needed
    enough = "the record is long enough" if needed <= n_sessions else f"has {n_sessions:,}"
    return [
        Row(
            "Is the true Sharpe ratio above 0?",
            (_share(deflation.probabilistic), "probabilistic Sharpe ratio"),
        ),
        Row(
            f"Is it above the luckiest of {at_least}{trials}?",
            (_share(deflation.deflated), f"deflated; the luckiest shows {deflation.luckiest:.2f}"),
        ),
        Row(
            "Sessions needed to show skill",
            ("no number" if math.isinf(needed) else f"{math.ceil(needed):,}", enough),
        ),
        Row(
            "Looks at these sessions",
            (f"{deflation.uses.n_looks:,}", deflation.uses.sentence),
        ),
    ]


def _random_rows(random: RandomTraders | None) -> list[Row]:
    if random is None:
        return []
    found = random.median.metrics
    middle = f"{found['net_profit_usd']:+,.2f} USD in {counted(int(found['n_trades']), 'trade')}"
    return [
        Row(
            f"Do {random.n_traders:,} random traders of the same turnover do as well?",
            (f"p {random.p_value:.3f}", _evidence(random.p_value, "better than chance")),
        ),
        Row("The median one of them", (f"{found['net_profit_usd']:+,.0f}", middle)),
    ]


def _variant_rows(assessment: Assessment) -> list[Row]:
    rows = []
    best, overfitting = assessment.best_of_all, assessment.overfitting
    if best is not None:
        p_value = best.p_consistent
        question = f"Is the best of {best.n_variants} variants better than standing aside?"
        rows.append(Row(question, (f"p {p_value:.3f}", _evidence(p_value, "one of them is"))))
    if overfitting is not None:
        is_bad = overfitting.pbo >= WORST_OVERFITTING
        said = "the choice is overfitted" if is_bad else "the choice carries over"
        rows.append(
            Row("Probability that the choice is overfitted", (_share(overfitting.pbo), said))
        )
    return rows


def _seed_rows(assessment: Assessment) -> list[Row]:
    seeds = assessment.seeds
    if seeds is None:
        return []
    low, high = seeds.total_returns.min(), seeds.total_returns.max()
    said = f"from {low:+.1%} to {high:+.1%}; {seeds.losing_share:.0%} lost"
    return [
        Row(f"Median return of {len(seeds.names)} seeds", (f"{seeds.median_return:+.1%}", said))
    ]


def _interval_table(assessment: Assessment) -> Table:
    rows = [
        Row(heading, _ends(assessment.intervals[name], style))
        for name, (heading, style) in INTERVAL_ROWS.items()
        if name in assessment.intervals
    ]
    return Table(
        heading="How far the figures could have fallen otherwise",
        columns=("Figure", "Record", "From", "To"),
        rows=tuple(rows),
        note=f"{assessment.confidence:.0%} of resampled records lie between the two ends "
        "(stationary bootstrap, which keeps runs of sessions or trades together); of more than "
        "5,000 trades fewer records are drawn.",
    )


def _ends(interval: Interval, style: str) -> tuple[str, ...]:
    return tuple(_number(value, style) for value in (interval.point, interval.low, interval.high))


def _baseline_table(assessment: Assessment) -> Table:
    return Table(
        heading="Is it better than the baselines?",
        columns=("Baseline", "p-value", "Liberal to conservative", "Read as"),
        rows=tuple(
            Row(
                name,
                (
                    f"{each.p_consistent:.3f}",
                    f"{each.p_lower:.3f} to {each.p_upper:.3f}",
                    _evidence(each.p_consistent, "better"),
                ),
            )
            for name, each in (assessment.baselines or {}).items()
        ),
        note="Hansen's test of superior ability on session returns, at the same costs.",
    )


def _rerun_table(assessment: Assessment) -> Table:
    rows = [
        Row(
            KINDS[each.kind].format(each.label),
            (
                f"{each.net_usd:+,.2f}",
                f"{each.net_usd - assessment.net_usd:+,.2f}",
                _number(each.sharpe, "{:.2f}"),
                f"{each.max_drawdown:.1%}",
                f"{each.n_trades:,}",
            ),
        )
        for reruns in assessment.reruns.values()
        for each in reruns
    ]
    moved = any(
        each.kind == "path" and abs(each.net_usd - assessment.net_usd) >= A_CENT
        for reruns in assessment.reruns.values()
        for each in reruns
    )
    return Table(
        heading="The same decisions under other terms",
        columns=("Terms", "Net, USD", "Change", "Sharpe", "Max. drawdown", "Trades"),
        rows=tuple(rows),
        note=f"{counted(assessment.n_ambiguous, 'bar')} could have gone either way: only there do "
        "paths inside a bar differ. Decisions are those that were made, not made anew."
        + (BLOCKS_NOTE if moved and assessment.n_ambiguous == 0 else ""),
    )


def _order_table(assessment: Assessment) -> Table:
    order = assessment.trade_order
    rows: list[Row] = []
    if order is not None:
        rows = [
            Row("As traded", (f"{order.as_traded_usd:,.2f}",)),
            *(
                Row(f"{level:.0%} of the orders were as deep or deeper", (f"{value:,.2f}",))
                for level, value in order.quantiles_usd.items()
            ),
            Row("Orders with a deeper one than as traded", (f"{order.deeper_share:.0%}",)),
            Row("Orders that ruin the account", (f"{order.ruin_share:.1%}",)),
        ]
    return Table(
        heading="Maximum drawdown of the same trades in other orders",
        columns=("Order", "USD"),
        rows=tuple(rows),
        note="Shuffling breaks up runs of losses: true drawdowns may be deeper than these.",
    )


def _absent_table(assessment: Assessment) -> Table:
    return Table(
        heading="Not evaluated",
        columns=("Figure", "Why"),
        rows=tuple(Row(name, (why,)) for name, why in assessment.absent.items()),
    )


def _evidence(p_value: float, claim: str) -> str:
    return claim if p_value <= SIGNIFICANCE else f"no evidence that it is {claim}"


def _share(value: float) -> str:
    return _number(value, "{:.1%}")


def _number(value: float, style: str) -> str:
    if math.isnan(value):
        return UNDEFINED
    return "∞" if math.isinf(value) else style.format(value)
