"""Errors, classed by what the caller must do about them.

A user's mistake is raised as one of these, in one line: what, where, bound, value, what to do.
Scripts print that line and exit with `exit_code`; anything else that escapes is a bug.
"""


class FuturesGymError(Exception):
    """Base of every error that a user can act on; its text is one clear line."""

    exit_code = 2


class ConfigError(FuturesGymError):
    """Stop and correct a setting, an option or an argument."""


class DataError(FuturesGymError):
    """Stop this run: bars are missing, malformed, unsorted or too few."""


class ArtifactError(FuturesGymError):
    """Stop: a saved model is damaged, or of other features or versions; retrain or re-point."""


class NotAvailableError(FuturesGymError):
    """Stop: this version does not have what was asked for; the line says what it has instead."""


class SimulationError(FuturesGymError):
    """Stop and report: two ways of doing the same did not agree, which is a bug of ours."""

    exit_code = 1


class GatewayError(FuturesGymError):
    """The broker could not be asked, or refused."""


class TemporaryGatewayError(GatewayError):
    """Try again later, with back-off."""


class FatalGatewayError(GatewayError):
    """Stop trading and keep positions in sight: trying again cannot help."""


class JournalError(FuturesGymError):
    """Send no order: what happens cannot be written down, or what was written is not sound."""


class JournalConflictError(JournalError):
    """Send no order: what was to be written contradicts what is written, e.g. a second entry."""


class RiskHalt(FuturesGymError):  # noqa: N818 - what happened is a halt, not an error
    """Stop trading: a limit was reached; flatten where that is configured."""
