"""What money may be moved between."""

from typing import Protocol

import numpy as np


class Levers(Protocol):
    """Money that is planned, lever by lever."""

    @property
    def channels(self) -> list[str]:
        """Names that limits speak of."""

    @property
    def channel_of(self) -> np.ndarray:
        """Place of each lever's channel, shape (levers,)."""

    @property
    def current(self) -> np.ndarray:
        """Today's plan, currency over the window, shape (levers,)."""
