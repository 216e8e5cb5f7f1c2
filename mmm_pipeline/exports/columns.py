"""What every exported column holds, in words; read by workbook, manifest and catalogue."""

import re

KPI = "kpi_"
"""What the name of a column with target units begins with."""

MEANINGS = {
    "date": "First day of the period.",
    "wc_mon": "Monday of the week that the date lies in.",
    "brand": "Brand, or the model's name.",
    "decomp": "Component of the decomposition: a channel, control or event, season, trend or the "
    "intercept.",
    "decomp_lvl1": "media or baseline.",
    "decomp_lvl2": "Of media the group, or else the kind (paid, owned, competitor); of the "
    "baseline the kind (control, event, seasonality, trend, intercept).",
    "series": "Actual (observed) or Fitted (posterior mean of the model's own mean).",
    "channel": "Channel.",
    "kind": "paid, owned or competitor.",
    "scenario": "Name of the scenario.",
    "grain": "Length of the period.",
    "period": "The period, such as 2024Q3.",
    "start": "First day of the period.",
    "is_complete": "Whether the data hold the whole period.",
    "is_observed": "Whether this lies within what was ever seen.",
    "spend": "Money spent.",
    "spend_now": "Money per period, mean of the last 52 weeks.",
    "spend_current": "Money of the window under today's plan.",
    "exposure": "Impressions, clicks, GRPs or the like, where the data have them.",
    "exposure_of": "Columns of the source that the exposure was read from.",
    "exposure_now": "Exposure per period, mean of the last 52 weeks.",
    "reach": "People reached, where the data have them.",
    "contribution": "Target units that the channel brought over the window.",
    "response": "Target units that the spend brings.",
    "response_current": "Target units that today's plan brings.",
    "lower": "Lower bound of the response's 90 % credible interval.",
    "upper": "Upper bound of the response's 90 % credible interval.",
    "roas": "Target units per money.",
    "cost_per_target": "Money per target unit.",
    "marginal": "Target units that the next unit of money brings.",
    "marginal_current": "Target units that the next unit of money brings under today's plan.",
    "mroas_10pct": "Target units per money, of a tenth more spend in every period of the window.",
    "marginal_roas": "Target units that the next unit of money brings today.",
    "marginal_cost_per_target": "Money that the next target unit costs today.",
    "probability_above_1": "Probability that the return was above 1.",
    "probability_profitable": "Probability that the money came back.",
    "profit": "Margin times contribution, less spend.",
    "roi": "Profit per money.",
    "saturation": "How far up its curve the channel is today, 0 to 1.",
    "breakeven_spend": "Money per period up to which the next unit comes back; posterior median.",
    "headroom": "Money per period between today's spend and breakeven; posterior median.",
    "half_life": "Periods until half of the carry-over has come.",
    "confidence": "How well the contribution is known, 0.3 to 1.",
    "model": "Name of the model.",
    "kpi": "revenue or count.",
    "target": "Column of the source that is modelled.",
    "fit_id": "The fit it was made from.",
    "kpi_value": "Target units.",
    "kpi_total": "Sum over the models.",
    "first_date": "First day of the first period.",
    "last_date": "First day of the last period.",
    "fitted_at": "When it was fitted, UTC.",
    "verdict": "PASS, or REVIEW with a reason that the report gives.",
    "is_included": "Whether its exports are in this catalogue.",
    "reason": "Why not.",
}
"""By column; bounds of intervals and columns of target units are described by their names."""


def describe_column(name: str) -> str:
    """Say what a column holds.

    Parameters
    ----------
    name : str
        Its name, before any renaming.

    Returns
    -------
    str
        A sentence or two.

    Examples
    --------
    >>> describe_column("roas_lower")
    'Lower bound of the 90 % credible interval of roas.'
    >>> describe_column("kpi_sales")
    'Target units: sales.'
    >>> describe_column("geo")
    'Dim of the panel.'
    """
    if name in MEANINGS:
        return MEANINGS[name]
    bound = re.fullmatch(r"(.+)_(lower|upper)", name)
    if bound:
        return f"{bound[2].title()} bound of the 90 % credible interval of {bound[1]}."
    if name.startswith(KPI):
        return f"Target units: {name.removeprefix(KPI)}."
    return "Dim of the panel."
