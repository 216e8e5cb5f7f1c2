"""What every exported column holds, in words; read by workbook, manifest and catalogue."""

import re

from mmm_pipeline.spec import KPI

COMBINED = "_combined"
"""Ends the name of a view that stands the models side by side."""
CELL = "Dim of the panel."
"""What any other column is."""

MEANINGS = {
    "date": "First day of the period.",
    "wc_mon": "Monday of the week that the date lies in.",
    "brand": "Brand, or the model's name.",
    "decomp": "Component of the decomposition: a channel, control or event, season, trend or the "
    "intercept; overlap, where terms multiply: what channels bring only together is credited to "
    "each of them: counted once, it is this much less.",
    "decomp_lvl1": "media (the overlap too) or baseline.",
    "decomp_lvl2": "Of media the group, or else the kind (paid, owned, competitor), or overlap; of "
    "the baseline the kind (control, event, seasonality, trend, intercept).",
    "series": "Actual (observed) or Fitted (posterior mean of the model's own mean).",
    "channel": "Channel.",
    "kind": "paid, owned or competitor.",
    "level": "component, or group: a channel's group, or its kind where it has none, and the "
    "baseline.",
    "name": "The component or the group.",
    "scenario": "Name of the scenario.",
    "grain": "Length of the period: day, week, month, quarter or year.",
    "period": "The period, such as 2024Q3.",
    "start": "First day of the period.",
    "is_complete": "Whether the data hold the whole period.",
    "is_observed": "Whether no channel goes beyond what was seen in any period.",
    "spend": "Money spent.",
    "spend_now": "Money per period, mean of the last 52 weeks.",
    "spend_current": "Money of the window under today's plan.",
    "spend_largest": "Largest money of any period.",
    "exposure": "Impressions, clicks, GRPs or the like, where the data have them.",
    "exposure_of": "Columns of the source that the exposure was read from.",
    "exposure_now": "Exposure per period, mean of the last 52 weeks.",
    "reach": "People reached, where the data have them.",
    "contribution": "Target units that would not have come without it.",
    "carried_over": "Part of the contribution that exposure of earlier dates still brought, target "
    "units; missing where there is no exposure.",
    "response": "Target units that the window's spend adds, what it still brings afterwards "
    "included.",
    "response_current": "Target units that today's plan brings in the same window.",
    "response_alike": "Target units that today's plan would bring, scaled to the budget.",
    "lower": "Lower bound of the response's 90 % credible interval.",
    "upper": "Upper bound of the response's 90 % credible interval.",
    "roas": "Target units per money.",
    "roas_current": "Target units per money under today's plan.",
    "roas_alike": "Target units per money of today's plan, scaled to the budget.",
    "cost_per_target": "Money per target unit.",
    "marginal": "Target units that the next unit of money brings.",
    "marginal_current": "Target units that the next unit of money brings under today's plan.",
    "marginal_alike": "Target units that the next unit of money brings on top of today's plan, "
    "scaled to the budget.",
    "mroas_10pct": "Target units per money, of a tenth more spend in every period of the window.",
    "marginal_roas": "Target units that the next unit of money brings today.",
    "marginal_cost_per_target": "Money that the next target unit costs today.",
    "probability_above_1": "Probability that the return was above 1.",
    "probability_profitable": "Probability that the money came back.",
    "probability_better": "Probability that the plan brings more than today's.",
    "profit": "Margin times contribution, less spend.",
    "roi": "Profit per money.",
    "saturation": "How far up its curve the channel is today, 0 to 1.",
    "breakeven_spend": "Money per period up to which the next unit comes back; posterior median.",
    "headroom": "Money per period between today's spend and breakeven; posterior median.",
    "half_life": "Periods until half of the carry-over has come.",
    "confidence": "How well the contribution is known, 0.3 to 1.",
    "form": "Form of the carry-over.",
    "lag": "Periods after the exposure; 0 is its own.",
    "weight": "Share of the effect that comes in this period.",
    "cumulative": "Share of the effect that has come by the end of this period.",
    "what": "efficiency of a channel, or demand: the target.",
    "season": "Month, 1 to 12, or quarter, 1 to 4.",
    "index": "How much higher than in the mean of the year it is; 1 is that mean.",
    "dates": "How many dates it is made from.",
    "rank": "Place by what the next unit of money brings, 1 the most.",
    "action": "INCREASE, HOLD or REDUCE.",
    "needs_test": "Whether the data leave open on which side of breakeven the channel lies.",
    "is_reliable": "Whether the curve can be relied on where the channel is today.",
    "is_informed": "Whether the data said anything that was not believed before.",
    "steepness": "Slope of the curve today: share of its ceiling per largest exposure.",
    "half": "Share of the largest exposure at which half of the ceiling is reached.",
    "change": "Money per period that is moved to the channel, or below 0 away from it.",
    "gain": "Change of the response against today's plan, target units.",
    "response_worst": "Mean of the response in the worst 5 % of the draws.",
    "net": "What is left of the gain, at the margin, when the money that the plan takes more than "
    "today's is paid; missing without a margin.",
    "probability_pays": "Probability that net is above 0.",
    "held": "Limits that the plan has gone to the end of.",
    "downside": "Mean of the gain in the worst 5 % of the draws.",
    "periods": "Periods of the window.",
    "budget": "Money of the window; missing where it is free.",
    "unallocated": "Money of the budget that is not spent.",
    "utility": "What the plan is the best by.",
    "utility_current": "The same of today's plan.",
    "unseen": "Channels that go beyond what was spent in any period.",
    "note": "What could not be reached.",
    "is_diminishing": "Whether the next unit of money brings less than the mean unit.",
    "entity": "Campaign, creative or publisher; what no entity stands for is (not mapped).",
    "measure": "What the channel is split by: spend or exposure.",
    "amount": "How much of the measure.",
    "model": "Name of the model.",
    "kpi": "revenue or count.",
    "currency": "Currency that `data.currency` names; nothing where it names none.",
    "target": "Column of the source that is modelled.",
    "fit_id": "The fit it was made from.",
    "kpi_value": "Target units.",
    "kpi_total": "Sum over the models.",
    "first_date": "First day of the first period.",
    "last_date": "First day of the last period.",
    "fitted_at": "When it was fitted, UTC.",
    "verdict": "PASS, or REVIEW with a reason that the report gives.",
    "is_included": "Whether its exports are in this catalogue.",
    "reason": "Why.",
}
"""By column; bounds of intervals and columns of target units are described by their names."""
IN_TABLES = {
    "media_results": {"spend": "Money spent in the period; missing for what is not bought."},
    "channel_returns": {
        "spend": "Money spent over the window.",
        "contribution": "Target units that the channel brought over the window.",
    },
    "returns_by_period": {
        "grain": "Length of the period: quarter, year, or all, the whole window.",
        "spend": "Money spent in the period.",
        "contribution": "Target units that the channel brought in the period.",
        "roas": "Target units that came in the period per money spent in it.",
        "cost_per_target": "Money spent in the period per target unit that came in it.",
    },
    "contributions_by_period": {
        "kind": "Of a component media, control, event, seasonality, trend or intercept; of a group "
        "media or baseline.",
        "contribution": "Target units that the component or group brought in the period.",
        "share": "Share of the period's fitted target.",
    },
    "seasonal_indices": {
        "grain": "Length of the season: month or quarter.",
        "channel": "Channel; nothing for demand.",
        "confidence": "low, medium (4 dates or more) or high (8).",
    },
    "recommendations": {
        "reason": "Why this action.",
        "finding": "strong, or test more: of a return above what money must bring, by how closely "
        "it is known.",
        "roas_width": "Width of the return's 90 % interval over its mean.",
        "move_needs_test": "Whether the change is of a channel that must be tested first.",
        "gain": "What the change of spend would bring, target units per period.",
    },
    "response_curves": {
        "spend": "Money per period that the exposure costs at today's price; missing for what is "
        "not bought.",
        "exposure": "Exposure per period, the same in every period; money where that is what acts.",
        "response": "Target units per period, once carry-over has settled.",
        "is_observed": "Whether so much exposure was ever seen in a period.",
    },
    "budget_scenarios": {
        "spend": "Money of the window under the plan.",
        "is_observed": "Whether no period goes beyond what was seen.",
    },
    "scenario_comparison": {
        "spend": "Money of the window under the plan.",
        "confidence": "How well it is known what the plan's channels bring, 0.3 to 1, weighed by "
        "their spend.",
        "target": "All of the target that is to be expected in the window, target units.",
    },
    "budget_frontier": {
        "share": "The budget as a multiple of today's.",
        "budget": "Money of the window.",
        "response": "Target units that the best plan of the budget brings.",
        "roas": "Target units per money of the best plan.",
        "marginal": "Target units that the next unit of money brings on top of the best plan.",
    },
    "disaggregated_results": {
        "grain": "all, the whole window, or quarter.",
        "spend": "Money spent on the entity in the period; missing where it is not known.",
        "contribution": "Target units that the entity brought in the period.",
        "share": "Share of the channel's contribution.",
    },
    "models": {"reason": "Why they are not."},
}
"""What a column holds in a table where it is not quite what it is elsewhere."""
SIDES = {"kpi_": "Target units", "spend_": "Money spent"}
"""What columns of several models hold that stand side by side, by how their names begin."""


def describe_column(name: str, table: str = "") -> str:
    """Say what a column holds.

    Parameters
    ----------
    name : str
        Its name, before any renaming.
    table : str
        The exported table, or the view of the catalogue, that it stands in.

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
    >>> describe_column("spend_acme", "media_results_combined")
    'Money spent, of acme.'
    >>> describe_column("geo")
    'Dim of the panel.'
    """
    own = IN_TABLES.get(table, {})
    if name in own or name in MEANINGS:
        return own.get(name) or MEANINGS[name]
    bound = re.fullmatch(r"(.+)_(lower|upper)", name)
    if bound and (bound[1] in own or bound[1] in MEANINGS):
        return f"{bound[2].title()} bound of the 90 % credible interval of {bound[1]}."
    for start, words in SIDES.items():
        if table.endswith(COMBINED) and name.startswith(start):
            return f"{words}, of {name.removeprefix(start)}."
    if name.startswith(KPI):
        return f"Target units: {name.removeprefix(KPI)}."
    return CELL
