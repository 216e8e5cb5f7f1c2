"""What the same money brings in several models at once, in money that is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmm_pipeline.decision.window import SETTING, Window
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import FREQUENCY
from mmm_pipeline.insight.pairing import pair_draws
from mmm_pipeline.spec import JointSpec, Line, Outcome, Scenario, list_lines, list_outcomes

type Fits = Mapping[str, ConvergedFit]
"""A fit of each model, by its name."""


@dataclass(frozen=True, eq=False)
class Part:
    """One model in the window of all.

    Attributes
    ----------
    outcome : Outcome
        What its target is worth.
    window : Window
        Its own.
    lines : numpy.ndarray, shape (its channels,)
        Place of the line that each of its channels is paid from.
    """

    outcome: Outcome
    window: Window
    lines: np.ndarray

    @property
    def worth(self) -> float:
        """Money that is left of a target unit."""
        return self.outcome.value * self.outcome.margin


@dataclass(frozen=True, eq=False)
class JointWindow:
    """The periods that follow the data of all models, and what money would bring in them.

    Attributes
    ----------
    lines : list of Line
        What money may be moved between.
    parts : list of Part
        The models.
    current, seen : numpy.ndarray, shape (lines,)
        As of `Window`: today's plan, and money up to which no period goes beyond what any of the
        models it acts in has seen.
    """

    lines: list[Line]
    parts: list[Part]
    current: np.ndarray
    seen: np.ndarray

    @property
    def channels(self) -> list[str]:
        """Names of the lines."""
        return [line.name for line in self.lines]

    @property
    def channel_of(self) -> np.ndarray:
        """Place of each line: it is its own channel."""
        return np.arange(len(self.lines))

    def respond(self, money: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute what plans bring.

        Parameters
        ----------
        money : numpy.ndarray, shape (plans, lines)
            Totals of the window, currency.

        Returns
        -------
        left : numpy.ndarray, shape (plans, lines, samples)
            Money that is left of what the line brings in all models, before the spend is paid.
        outcomes : numpy.ndarray, shape (plans, models, samples)
            Target units of each model.
        """
        places = pair_draws([part.window.n_samples for part in self.parts])
        left = np.zeros((*money.shape, places[0].size))
        outcomes = np.empty((len(money), len(self.parts), places[0].size))
        for n, (part, at) in enumerate(zip(self.parts, places, strict=True)):
            response = part.window.respond(money[:, part.lines])[..., at]
            left[:, part.lines] += part.worth * response
            outcomes[:, n] = response.sum(axis=1)
        return left, outcomes


def open_joint_window(fits: Fits, joint: JointSpec, scenario: Scenario) -> JointWindow:
    """Open the same periods in every model.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    joint : JointSpec
        The models together.
    scenario : Scenario
        What it says of the window counts. Where it names no `start`, the window begins when the
        data of all models have ended.

    Returns
    -------
    JointWindow

    Raises
    ------
    ScenarioError
        If the window does not begin on a period's first day after the data of some model.
    """
    specs = {name: fit.spec for name, fit in fits.items()}
    lines = list_lines(joint, specs)
    start = scenario.start or max(_follow(fit) for fit in fits.values()).date()
    asked = scenario.model_copy(update={"start": start})
    parts = []
    for outcome in list_outcomes(joint, specs):
        own = {line.name: line.channel for line in lines if outcome.model in line.models}
        window = _open(fits[outcome.model], _translate(asked, own), outcome.model)
        place = {line.channel: n for n, line in enumerate(lines) if line.name in own}
        parts.append(Part(outcome, window, np.array([place[name] for name in window.channels])))
    current, seen = np.zeros(len(lines)), np.full(len(lines), np.inf)
    # Shared money is that of the model whose data end last.
    for part in sorted(parts, key=lambda part: _follow(fits[part.outcome.model])):
        current[part.lines] = part.window.current
        seen[part.lines] = np.minimum(seen[part.lines], part.window.seen)
    return JointWindow(lines, parts, current, seen)


def _follow(fit: ConvergedFit) -> pd.Timestamp:
    """Find the first day after the data."""
    step = pd.tseries.frequencies.to_offset(FREQUENCY[fit.features.attrs["grain"]])
    following: pd.Timestamp = pd.Timestamp(fit.features["date"].to_numpy()[-1]) + step
    return following


def _open(fit: ConvergedFit, scenario: Scenario, model: str) -> Window:
    """Open a model's window, naming the model where it cannot be."""
    try:
        return Window(fit, scenario)
    except ScenarioError as error:
        message = f"The models must have a common first day of the window; of {model}: {error}"
        raise ScenarioError(message) from None


def _translate(scenario: Scenario, own: Mapping[str, str]) -> Scenario:
    """Say to one model what a scenario says of the window, in its own channels' names."""
    phasing: Any = scenario.phasing
    if isinstance(phasing, dict):
        phasing = {own[name]: one for name, one in phasing.items() if name in own}
    prices = {own[name]: one for name, one in scenario.prices.items() if name in own}
    said = {word: getattr(scenario, word) for word in SETTING}
    return Scenario.model_validate(said | {"phasing": phasing, "prices": prices})
