"""A model's card: what it is, what it has seen and how it did there, for people to read.

All of it is in the manifest too, which alone is believed when a model is loaded.
"""

from collections.abc import Mapping
from typing import Any

from config.instruments import get_instrument
from config.settings import AgentSettings, EnvSettings
from models.flat_reason import flat_reason, is_left_flat
from models.manifest import ModelDescription

UNKNOWN = "unknown"
VALIDATION_FIELDS = ("validation_fraction", "validation_bars", "validation_purge_bars")
ACCOUNT_FIELDS = {
    "symbol": "instrument",
    "initial_balance": "initial balance, USD",
    "max_position": "largest position, contracts",
    "position_sizer": "position sizer",
    "action_mode": "actions",
    "stop_loss_ticks": "stop, ticks",
    "take_profit_ticks": "target, ticks",
    "trailing_stop_ticks": "trailing stop, ticks",
    "slippage_ticks": "slippage, ticks per fill",
    "spread_ticks": "spread, ticks",
    "reward": "reward",
    "lookback_window": "lookback, bars",
}
"""What of the account is always said: field, and its name here."""

WARNING = (
    "Past results, and results on the validation bars above all, by which these weights were "
    "chosen, are no promise. Back-test on bars that the model has never seen."
)

NEEDED = (
    "It takes {:.2f} errors above nothing to be kept. They count in units of volatility, so that "
    "their sign may differ from that of USD."
)


def card_text(description: ModelDescription) -> str:
    """Return the card in Markdown; the same description gives the same text."""
    agent, provenance = description.agent_settings, description.provenance
    beside = " --forecasts STORE" if description.feature_set.forecasts else ""
    parts = [
        f"# {agent.title} for {description.env_settings.symbol}",
        _state(provenance),
        "## Data",
        _table(_data_rows(description)),
        "## Account",
        _table(_account_rows(description.env_settings)),
        "## Learning",
        _table(_learning_rows(agent, provenance)),
        "## Validation",
        *_validation(provenance.get("validation")),
        "## Code",
        _table(_code_rows(provenance)),
        "## Use",
        f"    python scripts/backtest.py --model THIS_DIRECTORY --data BARS.parquet{beside}\n"
        "    python scripts/models.py verify THIS_DIRECTORY",
        WARNING,
    ]
    return "\n\n".join(parts) + "\n"


def money(value: float) -> str:
    """Return USD as a card shows them."""
    return f"{value:+,.2f}"


def _state(provenance: Mapping[str, Any]) -> str:
    done = provenance.get("timesteps", UNKNOWN)
    created = provenance.get("created_at", UNKNOWN)
    if provenance.get("is_finished", True):
        return f"Trained over {_number(done)} timesteps, saved {created}."
    return f"UNFINISHED: interrupted after {_number(done)} timesteps, saved {created}."


def _data_rows(description: ModelDescription) -> dict[str, Any]:
    provenance, features = description.provenance, description.feature_set
    return {
        "first bar": provenance["training_first"],
        "first bar with all that it sees": provenance.get("first_complete", UNKNOWN),
        "last bar": provenance["training_last"],
        "bars": _number(provenance.get("training_bars", UNKNOWN)),
        "bar size, seconds": provenance["bar_seconds"],
        "fingerprint of the bars": provenance.get("data_fingerprint", UNKNOWN),
        "fingerprint of bars and features": provenance.get("market_fingerprint", UNKNOWN),
        "features": ", ".join(features.names),
        **({"forecasts": ", ".join(features.forecasts)} if features.forecasts else {}),
        "hash of the features": features.hash,
        "scaling": description.scaler.kind,
    }


def _account_rows(settings: EnvSettings) -> dict[str, Any]:
    """Return what is always said, and whatever else is not as it is by default."""
    values, usual = settings.model_dump(mode="json"), EnvSettings().model_dump(mode="json")
    always = {label: _none_named(values[name]) for name, label in ACCOUNT_FIELDS.items()}
    always["commission, USD per contract and side"] = _commission(settings)
    unusual = {
        f"`{name}`": _none_named(value)
        for name, value in values.items()
        if name not in {*ACCOUNT_FIELDS, "commission"} and value != usual[name]
    }
    return always | unusual


def _commission(settings: EnvSettings) -> str:
    if settings.commission is not None:
        return f"{settings.commission:g}"
    return f"{get_instrument(settings.symbol).commission_per_side_usd:g}, the instrument's"


def _learning_rows(agent: AgentSettings, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return algorithm, seed and timesteps, and every setting that is not as it is by default."""
    usual = AgentSettings(algorithm=agent.algorithm).model_dump(mode="json")
    said = {"algorithm", "feature_extractor", "predictor", "seed", *VALIDATION_FIELDS}
    unusual = {
        f"`{name}`": _none_named(value)
        for name, value in agent.model_dump(mode="json").items()
        if name not in said and value != usual[name]
    }
    asked = provenance.get("train_settings", {}).get("timesteps", UNKNOWN)
    return {
        "algorithm": agent.algorithm,
        "predictor" if agent.algorithm == "DP" else "feature extractor": agent.kind,
        "seed": agent.seed,
        "timesteps asked for": _number(asked),
        **_chosen_by(agent),
        **unusual,
    }


def _chosen_by(agent: AgentSettings) -> dict[str, Any]:
    """Return which last rows chose the weights, as a share or as bars."""
    if agent.validation_bars is None:
        return {"share that chose the weights": agent.validation_fraction}
    return {
        "bars that chose the weights": _number(agent.validation_bars),
        "bars purged before them": _number(agent.validation_purge_bars),
    }


def _validation(found: Mapping[str, Any] | None) -> list[str]:
    """Return where it was evaluated, and a line for each evaluation, the kept one marked.

    The last figure is that by which it is told from luck, see `models.selection`.
    """
    if not found or not found.get("evaluations"):
        return ["None: the last weights were kept."]
    span = f"{_number(found['n_decisions'])} decisions, {found['first']} to {found['last']}."
    head = (
        "| timestep | net USD | trades | win rate | exposure | errors above 0 | |\n"
        "|---:|---:|---:|---:|---:|---:|---|"
    )
    kept = found["kept"]
    timestep = None if kept is None else kept["timestep"]
    rows = [_evaluation_row(each, timestep) for each in found["evaluations"]]
    table = "\n".join([head, *rows])
    needed = found.get("errors_needed")
    said = [] if needed is None else [NEEDED.format(needed)]
    if is_left_flat(found):
        said.append(f"The agent is left flat: {flat_reason(found)}.")
    return [span, table, *said]


def _evaluation_row(found: Mapping[str, Any], kept: int | None) -> str:
    rate = "-" if found["win_rate"] is None else f"{found['win_rate']:.1%}"
    evidence = "-" if found["evidence"] is None else f"{found['evidence']:.2f}"
    mark = "kept" if found["timestep"] == kept else ""
    return (
        f"| {found['timestep']:,} | {money(found['net_pnl_usd'])} | {found['n_trades']:,} | {rate} "
        f"| {found['exposure']:.1%} | {evidence} | {mark} |"
    )


def _code_rows(provenance: Mapping[str, Any]) -> dict[str, Any]:
    revision = provenance.get("git_revision") or UNKNOWN
    return {"git revision": revision, **dict(sorted(provenance.get("versions", {}).items()))}


def _table(rows: Mapping[str, Any]) -> str:
    lines = [f"| {name} | {str(value).replace('|', '/')} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def _none_named(value: Any) -> Any:
    return "none" if value is None else value


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
