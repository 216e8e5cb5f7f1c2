"""Whether the machine itself can be trusted: a model, fitted to worlds drawn from its own priors.

What is certified is that draws are those of the posterior, and intervals as wide as they should be,
for this spec on these features. Nothing is said about whether the model is right about the market.
"""

import json
from collections.abc import Sequence

import pandas as pd
import pymc.dims as pmd
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.evidence.certificate import Certificate
from mmm_pipeline.evidence.ranks import (
    NO_RANKS,
    assess_groups,
    assess_ranks,
    count_kept,
    rank_truths,
    thin,
)
from mmm_pipeline.gate import admit
from mmm_pipeline.gate.remedies import Witness, fit_until_it_holds, read_attempts
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.totals import CHANNEL_TOTAL, total_channels
from mmm_pipeline.model.trace import name_request_now
from mmm_pipeline.model.worlds import WORLD, Origin, enter_world, fit_world

INTERCEPT = "intercept_contribution"
"""Variable: what is left of the level when all else is taken out."""
LATE, LATELY = 13, "contribution_lately"
"""Periods at the end of the data, and what each channel brings in them: it hangs on carry-over and
curve, where the total of the window may be nothing but the return times money."""
FAILURES, N_ATTEMPTS, REQUEST = "failures", "n_attempts", "request_id"
"""Attributes of a record: why the gate refused the fit, as JSON; how often the world was sampled;
what was asked for."""


def certify_world(origin: Origin, world: xr.Dataset, witness: Witness) -> xr.Dataset:
    """Fit a model to one world, take the fit through the gate, and keep some of its draws.

    Parameters
    ----------
    origin : Origin
        Where the world comes from.
    world : xarray.Dataset
        One of `mmm_pipeline.model.worlds.draw_worlds`.
    witness : Witness
        Who is told.

    Returns
    -------
    xarray.Dataset, dims ``(draw, ...)``
        The record: draws of the free parameters, about independent; none where the gate refuses
        the fit. Attributes: `FAILURES`, `N_ATTEMPTS`, `REQUEST`.
    """
    spec, features = enter_world(origin, world)
    trace = fit_until_it_holds(
        spec,
        features,
        witness,
        fit=lambda sampling: fit_world(origin, spec, features, witness.tell, sampling),
    )
    failures: tuple[str, ...] = ()
    try:
        fit = admit(trace, spec)
        kept = thin(fit.posterior, count_kept(spec.gate))
    except NotConvergedError as error:
        kept, failures = xr.Dataset(), error.failures
    record: xr.Dataset = kept.assign_attrs(
        {
            FAILURES: json.dumps(failures),
            N_ATTEMPTS: len(read_attempts(trace)),
            REQUEST: trace.attrs["request_id"],
        }
    )
    return record


def is_record_of(record: xr.Dataset, origin: Origin, world: xr.Dataset) -> bool:
    """Tell whether a record is of this very world, by this very code.

    Parameters
    ----------
    record : xarray.Dataset
        From `certify_world`.
    origin : Origin
        Where the world comes from.
    world : xarray.Dataset
        The world.

    Returns
    -------
    bool
    """
    return bool(record.attrs.get(REQUEST) == name_request_now(*enter_world(origin, world)))


def certify(origin: Origin, worlds: xr.Dataset, records: Sequence[xr.Dataset]) -> Certificate:
    """Rank the truth of every world that passed, and tell what that says.

    Parameters
    ----------
    origin : Origin
        Where the worlds come from.
    worlds : xarray.Dataset
        From `mmm_pipeline.model.worlds.draw_worlds`.
    records : sequence of xarray.Dataset
        Of each world, in their order.

    Returns
    -------
    Certificate
        With tables without rows where no world passed.
    """
    n_kept = count_kept(origin.spec.gate)
    outcomes = pd.DataFrame(
        {
            "world": worlds[WORLD].to_numpy(),
            "passed": [json.loads(record.attrs[FAILURES]) == [] for record in records],
            "attempts": [int(record.attrs[N_ATTEMPTS]) for record in records],
            "why": ["; ".join(json.loads(record.attrs[FAILURES])) for record in records],
        }
    )
    passed = outcomes.index[outcomes["passed"]].tolist()
    ranks = NO_RANKS
    if passed:
        true = worlds.isel({WORLD: passed})
        draws = xr.concat([records[place] for place in passed], true[WORLD])
        ranks = rank_worlds(origin, true[list(draws.data_vars)], draws)
    return Certificate(
        assess_ranks(ranks, n_kept), assess_groups(ranks, n_kept), ranks, outcomes, n_kept
    )


def rank_worlds(origin: Origin, truth: xr.Dataset, kept: xr.Dataset) -> pd.DataFrame:
    """Rank parameters, and what follows from them, in every world.

    Parameters
    ----------
    origin : Origin
        Where the worlds come from.
    truth : xarray.Dataset
        Free parameters, dims ``(world, ...)``.
    kept : xarray.Dataset
        Draws of them, dims ``(world, draw, ...)``.

    Returns
    -------
    pandas.DataFrame
        From `mmm_pipeline.evidence.ranks.rank_truths`; beside the parameters, ``implied_roas`` and
        ``contribution`` of each channel over the window, ``contribution_lately`` in its last `LATE`
        periods, and the ``intercept``.
    """
    # The truth goes through the model's graph as the first of the draws: compiled once.
    together = xr.concat([truth.expand_dims("draw"), kept], "draw", coords="minimal")
    found = _derive(origin, together.rename({WORLD: "chain"}).transpose("chain", "draw", ...))
    cells = list(origin.spec.data.panel)
    total = found[CHANNEL_TOTAL].sum(cells)
    spend = origin.features["spend"].sum(["date", *cells])
    quantities = together.assign(
        implied_roas=total / spend.where(spend > 0),
        contribution=total,
        contribution_lately=found[LATELY].sum(cells),
        intercept=found[INTERCEPT],
    )
    return rank_truths(quantities.isel(draw=0, drop=True), quantities.isel(draw=slice(1, None)))


def _derive(origin: Origin, posterior: xr.Dataset) -> xr.Dataset:
    """Compute what follows from the free parameters, dims ``(world, draw, ...)``."""
    mmm = build_model(origin.spec, origin.features)
    link = read_link(origin.spec, origin.features)
    with mmm.model:
        lately = total_channels(mmm, origin.features["target"], link, since=-LATE)
        pmd.Deterministic(LATELY, lately)
    found = compute_variables(mmm.model, posterior, [CHANNEL_TOTAL, LATELY, INTERCEPT])
    return found.rename(chain=WORLD).drop_vars([WORLD, "draw"])
