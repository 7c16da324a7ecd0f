"""Adam that steps once per several batches, so that a large batch fits into little memory."""

from collections.abc import Mapping
from typing import Any

import torch
from torch.optim.optimizer import ParamsT


class AccumulatingAdam(torch.optim.Adam):
    """Adam on the mean gradient of every `accumulate` calls of `step`.

    The calls in between only add the gradient that they find to a sum. What is left over at the end
    of one training phase stays in the sum and is completed by the first batches of the next. A
    caller that clips gradients before `step`, as Stable-Baselines3 does, clips each batch's
    gradient, not the mean.
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3, *, accumulate: int = 1, **kwargs: Any):
        """Create the optimiser.

        Args:
            params: As for Adam.
            lr: Step size.
            accumulate: Calls of `step` per update, >= 1; 1 is plain Adam.
            **kwargs: Adam's other options.
        """
        super().__init__(params, lr=lr, **kwargs)
        self.accumulate = accumulate
        self._calls = 0
        self._sums: dict[torch.nn.Parameter, torch.Tensor] = {}

    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closures here
        """Add this batch's gradient; on every `accumulate`-th call apply the mean of the sum."""
        if self.accumulate == 1:
            super().step()
            return
        self._calls += 1
        self._add_gradients()
        if self._calls % self.accumulate == 0:
            self._apply_mean()

    def pending(self) -> tuple[int, dict[int, torch.Tensor]]:
        """Return the calls of `step` so far, and the sums by the number of their parameter."""
        numbers = {parameter: number for number, parameter in enumerate(self._parameters())}
        return self._calls, {numbers[each]: total for each, total in self._sums.items()}

    def restore_pending(self, calls: int, sums: Mapping[int, torch.Tensor]) -> None:
        """Go on from what `pending` returned of an optimiser of the same parameters."""
        parameters = self._parameters()
        self._calls = calls
        self._sums = {
            parameters[number]: total.to(parameters[number].device, copy=True)
            for number, total in sums.items()
        }

    def _parameters(self) -> list[torch.nn.Parameter]:
        return [each for group in self.param_groups for each in group["params"]]

    def _add_gradients(self) -> None:
        for parameter in self._parameters():
            if parameter.grad is not None:
                total = self._sums.get(parameter, torch.zeros_like(parameter))
                self._sums[parameter] = total.add_(parameter.grad)

    def _apply_mean(self) -> None:
        for parameter, total in self._sums.items():
            parameter.grad = total.div_(self.accumulate)
        self._sums = {}
        super().step()
