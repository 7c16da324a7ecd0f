"""What a batch says of the episodes that have just ended, keyed as Gymnasium's own batches do."""

from typing import Any

import numpy as np

from env.batch import COUNTS, SUMS_USD, Booleans, Integers, summarise_accounts
from env.batch_observation import BatchObservation, each_of
from env.kernel.types import Records
from env.step_info import DENIAL_LABELS, INFO_DENIAL

FINAL_OBS, FINAL_INFO = "final_obs", "final_info"

_LABELS = np.array(DENIAL_LABELS, dtype=object)


def ending_infos(
    accounts: Records, ended: Integers, starts: Integers, last_seen: BatchObservation
) -> dict[str, Any]:
    """Return the infos of a step in which some episodes have ended.

    Each key comes with a mask, (n,), under the same name with an underscore before it: where it
    holds, there is something to be read; all share one. "final_obs" holds an observation each, as
    an object; "final_info" is itself such a dict, of the StepInfo at the end and "length", the
    decisions that the episode had.

    Args:
        accounts: ACCOUNT records, (n,), as of the last close of the ended ones.
        ended: (k,) which episodes, k > 0.
        starts: (n,) row of the first decision of each.
        last_seen: The last observations of the ended ones, k of them.
    """
    n_envs = len(accounts)
    mask = np.zeros(n_envs, np.bool_)
    mask[ended] = True
    final_obs = np.empty(n_envs, dtype=object)
    for i, observation in zip(ended.tolist(), each_of(last_seen), strict=True):
        final_obs[i] = observation
    return {
        FINAL_OBS: final_obs,
        f"_{FINAL_OBS}": mask,
        FINAL_INFO: _final_info(accounts, ended, starts, mask),
        f"_{FINAL_INFO}": mask,
    }


def _final_info(
    accounts: Records, ended: Integers, starts: Integers, mask: Booleans
) -> dict[str, Any]:
    n_envs = len(accounts)
    sums_usd = np.zeros((len(SUMS_USD), n_envs))
    counts = np.zeros((len(COUNTS), n_envs), np.int64)
    summarise_accounts(accounts, ended, starts, sums_usd, counts)
    values: dict[str, Any] = dict(zip(SUMS_USD + COUNTS, (*sums_usd, *counts), strict=True))
    labels = np.empty(n_envs, dtype=object)
    labels[ended] = _LABELS[values[INFO_DENIAL][ended]]
    values[INFO_DENIAL] = labels
    return values | {f"_{key}": mask for key in values}
