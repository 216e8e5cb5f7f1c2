"""How far the chains are."""

from dataclasses import dataclass

PROGRESS_SECONDS = 2.0
"""How often progress is told."""


@dataclass(frozen=True)
class Progress:
    """How far the chains are, tuning included.

    Attributes
    ----------
    draws : int
        Draws done, over all chains.
    total_draws : int
        Draws to do, over all chains.
    divergences : int
        Divergent transitions so far, over all chains.
    seconds : float
        Since sampling began; with numpyro, since the model began to be compiled.
    """

    draws: int
    total_draws: int
    divergences: int
    seconds: float

    def __str__(self) -> str:
        """Say it in a line of a log."""
        return (
            f"Sampling: {self.draws:,} of {self.total_draws:,} draws, "
            f"{self.divergences} divergences, {self.seconds:.0f} s"
        )
