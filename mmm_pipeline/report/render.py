"""Put figures, tables and words on one self-contained page."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.evidence.residuals import (
    add_up_cells,
    find_remarkable_runs,
    list_worst,
    tabulate_months,
)
from mmm_pipeline.evidence.suggestions import suggest_changes
from mmm_pipeline.gate.diagnostics import assess_parameters
from mmm_pipeline.gate.pathologies import find_pathologies
from mmm_pipeline.gate.remedies import tabulate_attempts
from mmm_pipeline.insight.periods import pick_whole
from mmm_pipeline.insight.selection import summarize_selection
from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.model.trace import read_spec
from mmm_pipeline.report import cuts, facts, figures
from mmm_pipeline.report.advice import write_advice
from mmm_pipeline.report.beliefs import list_beliefs
from mmm_pipeline.report.chains import draw_chains
from mmm_pipeline.report.earnings import find_breakevens, order_waterfall, tabulate_years
from mmm_pipeline.report.evidence import build_sections, draw_sections
from mmm_pipeline.report.facts import ReportInputs
from mmm_pipeline.report.money import say_currency, tell_currency
from mmm_pipeline.report.page import list_records, open_template
from mmm_pipeline.report.plans import list_scenarios, tabulate_next_units, tabulate_plans
from mmm_pipeline.report.rates import choose_rate
from mmm_pipeline.report.style import encode_png, encode_svg

OWN_FIGURES = (
    *("fit", "residuals", "decomposition", "shares", "roas", "waterfall", "curves", "carryover"),
    *("prior", "carried_over", "marginal", "spend_shares", "quarters", "seasons", "cells"),
    "scenarios",
)
"""Figures that stand in the report's own sections, where there is what they show."""
CHAINS = "chains_"
"""What the name of a figure of the chains begins with."""


def render_report(inputs: ReportInputs, drawn: Mapping[str, Figure] | None = None) -> str:
    """Write the report of a fit.

    Parameters
    ----------
    inputs : ReportInputs
        Everything it is made from, all of one fit.
    drawn : mapping of str to matplotlib.figure.Figure, optional
        Its figures, where `draw_figures` has drawn them already.

    Returns
    -------
    str
        HTML without any request to elsewhere.
    """
    fit, first = inputs.fit, inputs.fit.prespecification
    drawn = draw_figures(inputs) if drawn is None else drawn
    truth = facts.tabulate_truth(inputs)
    parameters = assess_parameters(fit.posterior)
    page = open_template("report.html").render(
        fit=fit,
        spec=fit.spec,
        trace=fit.trace.attrs,
        dates=[_write_day(day) for day in _ends(inputs.model_fit)],
        fixed_on=first and _write_day(first.fixed_at),
        verdict=fit.verdict,
        quality=inputs.quality,
        suggestions=suggest_changes(inputs.model_fit, fit.spec),
        runs=find_remarkable_runs(add_up_cells(inputs.model_fit)),
        worst=list_records(list_worst(inputs.model_fit)),
        months=list_records(tabulate_months(inputs.model_fit)),
        media=facts.summarize_media(inputs),
        advice=write_advice(inputs.advice, fit.spec.data, fit.features.attrs["grain"]),
        portfolio=inputs.advice.portfolio,
        years=tabulate_years(inputs.periods, fit.spec),
        quarters=cuts.tabulate_quarters(inputs.by_period, fit.spec),
        worth=cuts.tabulate_worth(inputs.returns, fit.spec),
        cells=list_records(cuts.tabulate_cells(fit, inputs.contributions)),
        most_cells=cuts.MOST_CELLS,
        returns=list_records(inputs.returns.table),
        scenarios=list_scenarios(inputs.scenarios, fit.spec, choose_rate(fit.spec.data)),
        plans=tabulate_plans(inputs.scenarios.table),
        next_units=tabulate_next_units(inputs.scenarios.table, fit.spec),
        truth=None if truth is None else list_records(truth),
        pathologies=[str(one) for one in find_pathologies(fit.trace, parameters)],
        attempts=list_records(tabulate_attempts(fit.trace)),
        evidence=build_sections(inputs.evidence, drawn),
        selection=list_records(summarize_selection(fit)),
        assumptions=facts.list_assumptions(inputs),
        priors=list_beliefs(fit.spec, inputs.prior),
        prior_share=inputs.prior["media_share"].quantile([LOWER, 0.5, UPPER]).to_numpy().tolist(),
        figures={name: encode_svg(drawn[name]) for name in OWN_FIGURES if name in drawn},
        chains=_encode_chains(drawn),
        sampling=read_spec(fit.trace).sampling,
        sampler=facts.describe_sampler(inputs),
    )
    return say_currency(page, fit.spec.data.currency)


def draw_figures(inputs: ReportInputs) -> dict[str, Figure]:
    """Draw every figure of the report, once.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        `OWN_FIGURES` that there are; those of evidence, ``backtest_scores``; those of the chains,
        ``chains_ranks``.
    """
    spec, channels, prior = inputs.fit.spec, inputs.channels, inputs.prior
    shares = facts.tabulate_shares(inputs)
    known = None if inputs.truth is None else inputs.truth.get("roas")
    rate = choose_rate(spec.data)
    drawn = {
        "fit": figures.draw_fit(inputs.model_fit),
        "residuals": figures.draw_residuals(inputs.model_fit),
        "decomposition": figures.draw_decomposition(inputs.contributions.table, spec.own_media),
        "shares": figures.draw_shares(shares, channels),
        "roas": figures.draw_roas(
            inputs.returns.table, prior["implied_roas"], spec.bought_media, rate, known
        ),
        "waterfall": figures.draw_waterfall(order_waterfall(shares), channels),
        "curves": figures.draw_response_curves(inputs.curves, channels, find_breakevens(inputs)),
        "carryover": figures.draw_carryover(inputs.carryover, channels),
        "prior": figures.draw_prior_target(prior["target"], inputs.fit.features["target"]),
        "carried_over": figures.draw_carried_over(
            cuts.tabulate_carried_over(inputs.by_period, spec), channels
        ),
    }
    if spec.bought_media:
        drawn["marginal"] = figures.draw_marginal(
            inputs.advice.table, spec.data.breakeven_roas, rate
        )
        drawn |= _draw_cuts(inputs)
    if inputs.has_scenarios:
        drawn["scenarios"] = figures.draw_scenarios(inputs.scenarios.table, spec.bought_media)
    chains = draw_chains(inputs.fit.trace, assess_parameters(inputs.fit.posterior))
    drawn |= draw_sections(inputs.evidence)
    if spec.data.currency:
        for figure in drawn.values():
            tell_currency(figure, spec.data.currency)
    return drawn | {f"{CHAINS}{name}": figure for name, figure in chains.items()}


def _draw_cuts(inputs: ReportInputs) -> dict[str, Figure]:
    """Draw what each channel's money earned in other cuts."""
    spec, channels = inputs.fit.spec, inputs.channels
    unit = choose_rate(spec.data).label
    quarters = pick_whole(
        inputs.periods[inputs.periods["grain"] == "quarter"], list(spec.data.panel)
    )
    shares = cuts.tabulate_spend_shares(inputs.returns, spec)
    drawn = {
        "spend_shares": figures.draw_spend_shares(shares, channels),
        "quarters": figures.draw_quarters(cuts.rename_rate(quarters, spec), channels, unit),
        "seasons": figures.draw_seasons(inputs.seasons, channels),
    }
    if spec.data.panel and spec.pooling.media == "partial":
        largest = cuts.tabulate_cells(inputs.fit, inputs.contributions)["cell"].head(
            cuts.MOST_CELLS
        )
        table = cuts.tabulate_cell_returns(inputs.periods, spec, list(largest))
        drawn["cells"] = figures.draw_cells(table, channels, unit)
    return drawn


def _encode_chains(drawn: Mapping[str, Figure]) -> dict[str, str]:
    """Write how the chains ran; thousands of points are smaller as an image."""
    return {
        name.removeprefix(CHAINS): encode_png(figure, dpi=110)
        for name, figure in drawn.items()
        if name.startswith(CHAINS)
    }


def _write_day(moment: dt.datetime) -> str:
    """Write a date as a reader says it."""
    return f"{moment:%d %B %Y}"


def _ends(table: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Read the first and the last date."""
    return table["date"].iloc[0], table["date"].iloc[-1]
