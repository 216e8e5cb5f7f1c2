"""A world whose every number is known, and plans for it that somebody accepts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.acceptance import Acceptance, accept_plan
from mmm_pipeline.decision.register import SCENARIOS, AcceptedPlan
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.features import build_features
from mmm_pipeline.simulate import geometric_adstock, logistic_saturation
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import N_CHAINS, make_spec, make_trace, validate

WEEKS, PERIODS = 60, 6
ROAS = {"tv": 1.5, "search": 3.0}
ALPHA = {"tv": 0.6, "search": 0.2, "mail": 0.3}
LAM = {"tv": 2.0, "search": 3.0, "mail": 1.0}
OWNED = 0.5
"""What the newsletter brings, per reader, of the first 60 weeks."""
PRICE = -40.0
"""Target units for one standard deviation of price."""
BASE = 5000.0
WORDS: dict[str, Any] = {
    "media": {"tv": {}, "search": {}, "mail": {"kind": "owned", "exposure": "mail"}},
    "controls": {"price": {}},
    "trend": "none",
    "seasonality": {"yearly": 0},
    "scenarios": {"more": {"budget": "+20%", "periods": PERIODS, "phasing": "front"}},
    # Draws around the truth are few, and all but equal.
    "gate": {"max_rhat": 1.05, "min_ess": 100},
}


@dataclass(frozen=True)
class Truth:
    """A world: its columns, and its target by its own arithmetic, without noise."""

    frame: pd.DataFrame

    @property
    def parts(self) -> dict[str, np.ndarray]:
        """Target units of each week that each driver brings, in NumPy alone."""
        frame, past = self.frame, self.frame.iloc[:WEEKS]
        found = {}
        for name in ALPHA:
            scaled = frame[name].to_numpy() / past[name].max()
            curve = logistic_saturation(geometric_adstock(scaled, ALPHA[name], 8), LAM[name])
            total = ROAS.get(name, OWNED) * past[name].sum()
            found[name] = total * curve / curve[:WEEKS].sum()
        price = past["price"].to_numpy()
        found["price"] = PRICE * (frame["price"].to_numpy() - price.mean()) / price.std()
        return found

    @property
    def target(self) -> np.ndarray:
        """All of it together."""
        return BASE + np.sum(list(self.parts.values()), axis=0)

    def change(self, **columns: np.ndarray) -> "Truth":
        """The same world with other columns in the weeks after the fit."""
        frame = self.frame.copy()
        for name, values in columns.items():
            frame.loc[WEEKS : WEEKS + len(values) - 1, name] = values
        return Truth(frame)

    def deliver(self, extra: float | np.ndarray = 0.0) -> pd.DataFrame:
        """Its data as delivered, with something that no driver explains."""
        frame = self.frame.assign(sales=self.target + extra)
        return frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)


def make_truth() -> Truth:
    """The weeks of the fit, and those that follow."""
    rng = np.random.default_rng(17)
    n = WEEKS + PERIODS
    frame = pd.DataFrame({"week": pd.date_range("2024-01-01", periods=n, freq="W-MON")})
    for name, scale in (("tv", 100.0), ("search", 40.0), ("mail", 300.0)):
        frame[name] = scale * rng.gamma(3.0, 1 / 3, n)
    frame["price"] = 20 + rng.standard_normal(n)
    return Truth(frame)


def make_features_of(truth: Truth, spec: ModelSpec, weeks: int, extra: Any = 0.0) -> xr.Dataset:
    """Features of its first weeks."""
    return build_features(validate(truth.deliver(extra).iloc[:weeks], spec), spec)


def make_true_fit(truth: Truth, noise: float = 0.0, n_draws: int = 100) -> ConvergedFit:
    """A fit whose draws are the truth, but for a billionth: what never moves does not mix."""
    spec = make_spec(**WORDS)
    features = make_features_of(truth, spec, WEEKS)
    scale, target = float(features["target_scale"]), features["target"]
    brought = truth.parts["mail"][:WEEKS].sum()
    values: dict[str, tuple[str, list[float]]] = {
        "level": ("", [float(target.mean()) / scale]),
        "adstock_alpha": ("channel", list(ALPHA.values())),
        "saturation_lam": ("channel", list(LAM.values())),
        "roas": ("roas_channel", list(ROAS.values())),
        "share": ("share_channel", [brought / float(target.sum())]),
        "gamma_control": ("control", [PRICE / scale]),
        "y_sigma": ("", [max(noise, 1e-9) / scale]),
    }
    rng = np.random.default_rng(23)
    posterior = {}
    for name, (dim, centers) in values.items():
        drawn = rng.standard_normal((N_CHAINS, n_draws, len(centers)))
        whole = np.array(centers) * (1 + 1e-9 * drawn)
        dims = ("chain", "draw", dim) if dim else ("chain", "draw")
        posterior[name] = (dims, whole if dim else whole[..., 0])
    coords = {
        "channel": list(ALPHA),
        "roas_channel": list(ROAS),
        "share_channel": ["mail"],
        "control": ["price"],
        "chain": range(N_CHAINS),
        "draw": range(n_draws),
    }
    trace = make_trace(spec, features, xr.Dataset(posterior, coords=coords))
    return admit(trace, spec)


def plan(fit: ConvergedFit) -> Summary:
    """The plans of the fit, as the lineage keeps them."""
    plans = summarize_scenarios(fit)
    plans.table.attrs[SCENARIOS] = {
        name: one.model_dump(mode="json") for name, one in fit.spec.scenarios.items()
    }
    return plans


def accept(
    fit: ConvergedFit, plans: Summary, day: int = 1, start: dt.date | None = None
) -> AcceptedPlan:
    """Accept the plan for more, on a day of March."""
    moment = dt.datetime(2025, 3, day, tzinfo=dt.UTC)
    return accept_plan(fit, plans, Acceptance("more", start, moment, f"run {day}", "signed off"))
