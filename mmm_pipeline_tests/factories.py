"""Small specs, frames, draws and fits, with what matters to a test overridden by name."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.gate.completeness import SAMPLE_DIMS, build_without_experiments, name_model
from mmm_pipeline.gate.fitted import compute_fitted
from mmm_pipeline.gate.verdict import Diagnostics
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.trace import assemble_trace
from mmm_pipeline.simulate import ChannelTruth, World, demo_world, simulate_world
from mmm_pipeline.spec import GateLimits, ModelSpec

N_CHAINS, N_DRAWS = 4, 250
LOOSE = GateLimits(max_rhat=1.05, min_ess=100)
"""The loosest limits: a few hundred draws that are independent keep them."""


def choose_fast(kinds: Iterable[str], *fast: str) -> list[Any]:
    """Parameters of a test that is made of every kind, all but the fast ones in the slow run."""
    return [
        pytest.param(one, id=one, marks=[] if one in fast else [pytest.mark.slow]) for one in kinds
    ]


def make_spec(**overrides: Any) -> ModelSpec:
    """Two channels on a weekly CSV."""
    settings: dict[str, Any] = {
        "name": "acme",
        "data": {"path": "data/acme.csv", "date": "week", "target": "sales"},
        "media": {"tv": {}, "search": {}},
    }
    return ModelSpec.model_validate(settings | overrides)


def make_raw(periods: int = 30, **columns: Any) -> pd.DataFrame:
    """A source as delivered: every cell is text."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "week": pd.date_range("2024-01-01", periods=periods, freq="W-MON").strftime("%Y-%m-%d"),
            "sales": np.round(1000 + 100 * rng.random(periods), 2).astype(str),
            "tv": np.round(50 * rng.random(periods) + 1, 2).astype(str),
            "search": np.round(20 * rng.random(periods) + 1, 2).astype(str),
        }
    )
    return frame.assign(**columns)


def make_world(**overrides: Any) -> World:
    """A small world with two channels that are easy to tell apart."""
    demo = demo_world()
    settings: dict[str, Any] = {
        "channels": {
            "tv": ChannelTruth(42_000, 0.5, 4, 0.60, 1.8, 1.5),
            "search": ChannelTruth(18_000, 1.0, 1, 0.15, 2.6, 3.4),
        },
        "first_week": demo.first_week,
        "weeks": 104,
        "l_max": 8,
        "base": demo.base,
        "growth": demo.growth,
        "season": demo.season,
        "price_effect": demo.price_effect,
        "holidays": {},
        "noise": demo.noise,
        "seed": 11,
    }
    return World(**(settings | overrides))


def make_features(spec: ModelSpec, world: World | None = None) -> xr.Dataset:
    """Features of a small world, built once for each spec."""
    key = spec.model_dump_json(), repr(world)
    if key not in _FEATURES:
        _FEATURES[key] = build_features(make_frame(spec, world), spec)
    return _FEATURES[key].copy(deep=True)


_FEATURES: dict[tuple[str, str], xr.Dataset] = {}


def make_frame(spec: ModelSpec, world: World | None = None) -> pd.DataFrame:
    """The validated frame of a small world."""
    frame, _ = simulate_world(world or make_world())
    raw = frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)
    return validate(raw, spec)


def validate(raw: pd.DataFrame, spec: ModelSpec, media: pd.DataFrame | None = None) -> pd.DataFrame:
    """The validated frame of a source."""
    tables = {"raw_data": raw} | ({} if media is None else {"raw_media": media})
    return validate_source(tables, spec).frame


def make_posterior(spec: ModelSpec, features: xr.Dataset, seed: int = 3) -> xr.Dataset:
    """Independent draws near the truth of the small world: a posterior nobody had to sample."""
    rng = np.random.default_rng(seed)
    channels = features["channel"].to_numpy()
    shape = (N_CHAINS, N_DRAWS)

    def near(center: Any, spread: float, *extra: int) -> np.ndarray:
        return np.asarray(center) * np.exp(spread * rng.standard_normal((*shape, *extra)))

    n = len(channels)
    variables: dict[str, Any] = {
        "level": (("chain", "draw"), near(0.7, 0.02)),
        "adstock_alpha": (("chain", "draw", "channel"), near(0.3, 0.1, n)),
        "saturation_lam": (("chain", "draw", "channel"), near(2.0, 0.1, n)),
        "roas": (("chain", "draw", "channel"), near(np.linspace(1.5, 3.0, n), 0.1, n)),
        "y_sigma": (("chain", "draw"), near(0.02, 0.05)),
    }
    coords: dict[str, Any] = {"channel": channels}
    if spec.trend != "none":
        variables["trend_slope"] = (("chain", "draw"), near(0.1, 0.1))
    if "control" in features.dims:
        coords["control"] = features["control"].to_numpy()
        count = len(coords["control"])
        variables["gamma_control"] = (("chain", "draw", "control"), near(-0.02, 0.1, count))
    if spec.seasonality.yearly:
        modes = range(1, spec.seasonality.yearly + 1)
        coords["fourier_mode"] = [f"{wave}_{n}" for wave in ("sin", "cos") for n in modes]
        count = len(coords["fourier_mode"])
        variables["gamma_fourier"] = (("chain", "draw", "fourier_mode"), near(0.02, 0.1, count))
    coords |= {"chain": range(N_CHAINS), "draw": range(N_DRAWS)}
    return xr.Dataset(variables, coords=coords)


def settle_target(
    spec: ModelSpec, features: xr.Dataset, added: float | np.ndarray = 0.0
) -> xr.Dataset:
    """A target that draws near the truth fit on average, but for noise that nobody can know."""
    fitted = compute_fitted(make_trace(spec, features))["mu"].mean(SAMPLE_DIMS)
    noise = 0.02 * np.random.default_rng(8).standard_normal(fitted.shape)
    target = (fitted + noise) * features["target_scale"] + added
    return features.assign(target=target.transpose(*features["target"].dims))


def build_shared(spec: ModelSpec, features: xr.Dataset) -> pm.Model:
    """A model, without its experiments: the gate's own, which it knows by spec and features."""
    trace = xr.DataTree.from_dict({"inputs": features})
    trace.attrs["spec"] = spec.model_dump_json()
    model: pm.Model = build_without_experiments(name_model(trace)).model
    return model


def draw_posterior(spec: ModelSpec, features: xr.Dataset, n_draws: int = 100) -> xr.Dataset:
    """Draws of any model's free parameters, from its priors: independent, so they mix."""
    model = build_shared(spec, features)
    tree = pm.sample_prior_predictive(
        draws=N_CHAINS * n_draws,
        model=model,
        var_names=list_free_parameters(model),
        random_seed=5,
    )
    prior = tree["/prior"].to_dataset().squeeze("chain", drop=True)
    coords = {name: values for name, values in prior.coords.items() if name != "draw"}
    variables = {
        name: (
            ("chain", "draw", *values.dims[1:]),
            values.to_numpy().reshape(N_CHAINS, n_draws, *values.shape[1:]),
        )
        for name, values in prior.data_vars.items()
    }
    coords |= {"chain": range(N_CHAINS), "draw": range(n_draws)}
    return xr.Dataset(variables, coords=coords)


def draw_fit(spec: ModelSpec, features: xr.Dataset, n_draws: int = 100) -> ConvergedFit:
    """A fit nobody had to sample, through a gate that so few draws can pass."""
    loose = spec.model_copy(update={"gate": LOOSE})
    return admit(make_trace(loose, features, draw_posterior(loose, features, n_draws)), loose)


def make_panel(
    spec: ModelSpec, cells: dict[str, list[str]], periods: int = 30, **columns: Any
) -> pd.DataFrame:
    """The validated frame of a panel, every cell of another size."""
    rng = np.random.default_rng(7)
    weeks = pd.date_range("2024-01-01", periods=periods, freq="W-MON").strftime("%Y-%m-%d")
    frame = pd.MultiIndex.from_product([weeks, *cells.values()], names=["week", *cells]).to_frame()
    frame = frame.reset_index(drop=True)
    n_cells = len(frame) // periods
    size = np.tile(10.0 ** np.arange(n_cells), periods)
    frame["sales"] = size * (1000 + 100 * rng.random(len(frame)))
    for name, media in spec.media.items():
        frame[name] = size * (5 + rng.random(len(frame)))
        for column in media.reach or ():
            frame[column] = size * (2 + rng.random(len(frame)))
        if media.frequency:
            frame[media.frequency] = 1 + rng.random(len(frame))
    for name in spec.controls:
        frame[name] = rng.random(len(frame)) + np.tile(np.arange(n_cells), periods)
    if spec.data.population:
        frame[spec.data.population] = 100.0 * np.tile(np.arange(1, n_cells + 1), periods)
    return validate(frame.assign(**columns).astype(str), spec)


def make_statistics(posterior: xr.Dataset, **overrides: Any) -> xr.Dataset:
    """Statistics of a sampler that had no trouble."""
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    energy = np.random.default_rng(5).standard_normal(shape)
    statistics = {
        "diverging": np.zeros(shape, dtype=bool),
        "energy": energy,
        "maxdepth_reached": np.zeros(shape, dtype=bool),
    }
    return xr.Dataset(
        {name: (("chain", "draw"), values) for name, values in (statistics | overrides).items()},
        attrs={"sampler": "nutpie", "sampler_note": ""},
    )


def make_trace(
    spec: ModelSpec, features: xr.Dataset, posterior: xr.Dataset | None = None, **statistics: Any
) -> xr.DataTree:
    """A trace around given draws."""
    posterior = make_posterior(spec, features) if posterior is None else posterior
    return assemble_trace(spec, features, posterior, make_statistics(posterior, **statistics), 1.0)


def make_numbers(**overrides: Any) -> Diagnostics:
    """Numbers of a fit that passes every default limit."""
    numbers: dict[str, Any] = {
        "model": "acme",
        "fit_id": "0123456789abcdef",
        "n_chains": 4,
        "n_draws": 1000,
        "n_parameters": 12,
        "max_rhat": 1.003,
        "min_ess_bulk": 1200.0,
        "min_ess_tail": 900.0,
        "divergences": 0,
        "min_bfmi": 0.9,
        "treedepth_share": 0.0,
    }
    return Diagnostics.model_validate(numbers | overrides)
