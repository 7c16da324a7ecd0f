"""What of a strategy can be known before its first bar: whether, and how, it can run."""

from typing import TypeGuard

from backtest.strategy import Strategy, TargetStrategy
from utils.errors import ConfigError

METHODS = tuple(method for method in vars(Strategy) if method.startswith("on_"))


def is_of_targets(strategy: Strategy | TargetStrategy) -> TypeGuard[TargetStrategy]:
    """Return whether a strategy says beforehand which positions it wants.

    A list that it keeps under the same name, of prices to aim at, does not make it one.
    """
    return callable(getattr(strategy, "targets", None))


def is_at_desk(strategy: Strategy | TargetStrategy) -> TypeGuard[Strategy]:
    """Return whether a strategy is asked bar by bar."""
    return not is_of_targets(strategy)


def check_strategy(strategy: Strategy | TargetStrategy) -> None:
    """Refuse what is no strategy, or would turn out to be none when all its bars are done.

    Raises:
        ConfigError: If it has no name, or lacks a method.
    """
    if not isinstance(getattr(strategy, "name", None), str):
        raise ConfigError(
            f"a strategy must have a `name`, a text, `{type(strategy).__name__}` has none; give it "
            "one"
        )
    if is_of_targets(strategy):
        return
    missing = [name for name in METHODS if not callable(getattr(strategy, name, None))]
    if missing:
        raise ConfigError(
            f"strategy `{strategy.name}` must have {', '.join(METHODS)}, or `targets`, it "
            f"lacks {', '.join(missing)}; inherit backtest.strategy.Strategy"
        )
