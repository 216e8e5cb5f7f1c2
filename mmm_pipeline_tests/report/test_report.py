import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.decision.tracking import track_plans
from mmm_pipeline.errors import NotConvergedError, StaleFitError
from mmm_pipeline.evidence.drift import assess_drift, assess_no_drift
from mmm_pipeline.evidence.effects import summarize_effects
from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.leave_one_out import summarize_leave_one_out
from mmm_pipeline.evidence.predictive import summarize_predictive_checks
from mmm_pipeline.evidence.prior_sensitivity import summarize_prior_sensitivity
from mmm_pipeline.evidence.response import summarize_response_backtest
from mmm_pipeline.evidence.sensitivity import Refit, summarize_sensitivity
from mmm_pipeline.evidence.variations import LeftOut, Variation
from mmm_pipeline.gate import ConvergedFit, admit, require_converged
from mmm_pipeline.gate.remedies import ATTEMPTS, Attempt
from mmm_pipeline.insight.by_period import (
    summarize_contributions_by_period,
    summarize_returns_by_period,
)
from mmm_pipeline.insight.carryover import summarize_carryover_curves
from mmm_pipeline.insight.contributions import compute_fitted_mean, summarize_contributions
from mmm_pipeline.insight.curves import summarize_response_curves
from mmm_pipeline.insight.disaggregation import summarize_disaggregation
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.seasonality import summarize_seasonal_indices
from mmm_pipeline.insight.selection import summarize_selection
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.model.prior_predictive import sample_prior
from mmm_pipeline.model.trace import note_prespecification
from mmm_pipeline.report import facts
from mmm_pipeline.report.advice import write_advice
from mmm_pipeline.report.advice_text import write_text
from mmm_pipeline.report.evidence import build_sections, draw_sections
from mmm_pipeline.report.facts import ReportInputs
from mmm_pipeline.report.page import open_template
from mmm_pipeline.report.plans import list_scenarios
from mmm_pipeline.report.rates import ROAS
from mmm_pipeline.report.render import OWN_FIGURES, render_report
from mmm_pipeline.spec import DriftLimits, ModelSpec, Prespecification, Sampling
from mmm_pipeline_tests.decision.plans import (
    WEEKS,
    accept,
    make_features_of,
    make_true_fit,
    make_truth,
    plan,
)
from mmm_pipeline_tests.factories import draw_fit, make_features, make_panel, make_spec, make_trace
from mmm_pipeline_tests.report.pages import Page, find_faults

TRUTH = {"roas": {"tv": 1.5, "search": 99.0}, "alpha": {"tv": 0.3}}


def gather(fit: ConvergedFit, truth: dict[str, dict[str, float]] | None) -> ReportInputs:
    """Everything a report is made from, of one fit."""
    prior = sample_prior(fit.spec, fit.features)
    return ReportInputs(
        fit,
        prior.assign_attrs(request_id=fit.trace.attrs["request_id"]),
        summarize_fit(fit),
        summarize_contributions(fit),
        summarize_returns(fit),
        summarize_response_curves(fit),
        summarize_scenarios(fit),
        recommend(fit),
        summarize_carryover_curves(fit),
        summarize_returns_by_period(fit),
        summarize_contributions_by_period(fit),
        summarize_seasonal_indices(fit),
        truth,
    )


def write_page(inputs: ReportInputs) -> str:
    """The page without its pictures: what is looked for are its words, and evidence's figures."""
    blank = {name: Figure(figsize=(1, 1)) for name in OWN_FIGURES}
    return render_report(inputs, blank | draw_sections(inputs.evidence))


@pytest.fixture(scope="module")
def inputs(fit: ConvergedFit) -> ReportInputs:
    return gather(fit, TRUTH)


@pytest.fixture(scope="module")
def panel() -> ReportInputs:
    """A panel whose terms multiply, with controls to select from."""
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
        media={"tv": {}, "mail": {"kind": "owned"}, "rival": {"kind": "competitor"}},
        controls={"price": {}, "promo": {}, "weather": {"sign": "negative"}},
        control_selection="lasso",
        link="log",
        likelihood="student_t",
        trend="spline",
        pooling="complete",
        scenarios={"more": {"budget": "+10%", "periods": 4}},
    )
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}), spec)
    return gather(draw_fit(spec, features, 75), None)


def test_experiments_have_their_section(inputs: ReportInputs) -> None:
    row = {
        "name": "push",
        "channel": "tv",
        "start": "2023-03-06",
        "end": "2023-04-02",
        "market": 1.0,
        "spend": 2e4,
        "lift": 3e4,
        "standard_error": 5e3,
        "standard_error_used": 8e3,
        "was_foreseen": True,
    }
    for word, value in (("lift_before", 2e4), ("lift_after", 2.5e4), ("roas_before", 1.0)):
        row |= {word: value, f"{word}_lower": value / 2, f"{word}_upper": value * 2}
    table = pd.DataFrame([row | {"roas_after": 1.2}])
    table.attrs["fit_id"] = inputs.fit.fit_id

    page = write_page(replace(inputs, evidence={"calibration": table}))

    assert "The model knows of 1 experiment." in page
    assert "it would have foreseen 1 of 1" in page
    assert "push, tv" in page
    unknown = table.assign(lift_before=float("nan"), was_foreseen=pd.NA)
    unknown.attrs["fit_id"] = inputs.fit.fit_id
    assert "did not converge, so what they changed is not known" in write_page(
        replace(inputs, evidence={"calibration": unknown})
    )
    other = table.copy()
    other.attrs["fit_id"] = "another"
    with pytest.raises(StaleFitError, match="calibration"):
        replace(inputs, evidence={"calibration": other})


def make_forecasts(fit_id: str, **columns: object) -> pd.DataFrame:
    """What two methods said of four weeks."""
    rows = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=4, freq="W-MON")})
    rows = rows.assign(fold=1, origin=rows["date"][0], observed=10.0, predicted=11.0, note="")
    for level in (50, 80, 95):
        rows[f"lower_{level}"], rows[f"upper_{level}"] = 9.0, 12.0
    methods = {"mmm": 1.25, "naive": 2.5, "seasonal_naive": 3.0}
    parts = [rows.assign(method=name, crps=crps) for name, crps in methods.items()]
    table = pd.concat(parts).assign(usual_error=2.0, **columns)
    table.attrs["fit_id"] = fit_id
    return table


def test_a_backtest_has_its_section(inputs: ReportInputs) -> None:
    fit_id = inputs.fit.fit_id

    page = write_page(replace(inputs, evidence={"backtest": make_forecasts(fit_id)}))

    assert "known at 1 origin, the model" in page
    assert "4 forecasts, 10.0% off on average, and 100.0% of what came" in page
    assert "<td>seasonal naive</td>" in page
    why = "Model &#39;acme&#39; has not converged"
    failed = make_forecasts(fit_id, note="Model 'acme' has not converged", predicted=float("nan"))
    page = write_page(replace(inputs, evidence={"backtest": failed}))
    assert "No fold has a forecast of the model." in page
    assert f"Fold 1, from 2024-01-01, has no forecast: {why}" in page


def test_stability_has_its_section(inputs: ReportInputs) -> None:
    row = {"channel": "tv", "fold": 1, "n_known": 80, "agrees": False}
    for name in ("roas", "carried"):
        row |= {name: 0.5, f"{name}_lower": 0.25, f"{name}_upper": 0.75}
    table = pd.DataFrame([row, row | {"fold": 0, "n_known": 104, "agrees": True}])
    table.attrs["fit_id"] = inputs.fit.fit_id

    page = write_page(replace(inputs, evidence={"stability": table}))

    assert "<td>104, all</td><td>0.50</td><td>0.25 to 0.75</td>" in page
    assert "What was said of tv in fold 1 has nothing in common" in page


def _scale_returns(posterior: xr.Dataset) -> xr.Dataset:
    return posterior.assign(roas=1.6 * posterior["roas"])


def test_drift_has_its_section(inputs: ReportInputs) -> None:
    fit = inputs.fit
    features = fit.features.assign(target=fit.features["target"] * 1.02)
    trace = make_trace(fit.spec, features, _scale_returns(fit.posterior))
    before = admit(trace, fit.spec)
    promoted = {"fit_id": before.fit_id, "promoted_at": "2026-01-05T00:00:00Z"}
    limits = {"min_overlap": 0.7}
    drift = assess_drift(fit, before, DriftLimits())
    table = drift.tabulate(fit_id=fit.fit_id, promoted=promoted, limits=limits)

    page = write_page(replace(inputs, evidence={"refit_drift": table}))

    section = page.split('<section id="refit_drift">')[1].split("</section>")[0]
    assert f"<strong>{drift.word}</strong>" in section
    assert f"Fit {before.fit_id} is promoted, since 2026-01-05" in section
    assert "The past was restated" in section
    assert "min_overlap 0.7" in section
    assert section.count("<tr><td>") == len(fit.spec.media) + 1
    nothing = assess_no_drift("No fit is promoted.").tabulate(
        fit_id=fit.fit_id, promoted=None, limits={}
    )
    page = write_page(replace(inputs, evidence={"refit_drift": nothing}))
    assert "<p>No fit is promoted.</p>" in page
    assert "PASS</strong>" not in page.split('<section id="refit_drift">')[1].split("</section>")[0]


def write_section(table: pd.DataFrame, spec: ModelSpec, **facts: object) -> str:
    """The section on plans alone."""
    table.attrs |= {"words": [], "stale": [], "in_force": None} | facts
    evidence = {"plan_tracking": table}
    (section,) = build_sections(evidence, draw_sections(evidence))
    return open_template("evidence/plan_tracking.html").render(section=section, spec=spec)


@pytest.mark.slow
def test_a_plan_has_its_section(inputs: ReportInputs) -> None:
    truth = make_truth()
    fit = make_true_fit(truth, noise=150.0)
    accepted, spec = accept(fit, plan(fit)), fit.spec
    came = truth.change(tv=2 * accepted.arrays["spend"].sel(channel="tv").to_numpy()[:4])
    fits = {fit.fit_id: fit}
    waiting, begun = (
        track_plans([accepted], make_features_of(came, spec, WEEKS + weeks), fits)
        for weeks in (0, 4)
    )
    (standing,) = begun.attrs["plans"]
    nothing = track_plans([], make_features_of(came, spec, WEEKS), {})

    first = write_section(waiting, spec, in_force=accepted.record.plan_id)
    later = write_section(
        begun, spec, words=standing["words"], stale=["Fit bbbb is promoted."], in_force="x"
    )

    assert "0 of its 6 periods have come. It expects" in first
    assert "data:image/svg+xml" in first
    assert "<table" not in first
    assert "<strong>Stale.</strong>" in later
    assert "<li>Fit bbbb is promoted.</li>" in later
    assert "4 of its 6 periods have come" in later
    assert "spent on tv so far, +100% against" in later
    assert later.count("<tr><td>") == 3  # Two channels, and the plan.
    assert "No plan was accepted. Once one is" in write_section(nothing, spec)
    page = write_page(replace(inputs, evidence={"plan_tracking": begun}))
    assert "<li>Fit bbbb is promoted.</li>" in page
    assert '<a href="#plan_tracking">Plan against actuals</a>' in page


def test_entities_have_their_section(inputs: ReportInputs) -> None:
    fit = inputs.fit
    spend = fit.features["spend"].sel(channel="tv", drop=True).to_series().reset_index()
    parts = [
        spend.assign(channel="tv", entity=f"campaign {n}", spend=0.05 * spend["spend"])
        for n in range(18)
    ]
    records = pd.concat(parts, ignore_index=True).assign(exposure=np.nan)
    table = summarize_disaggregation(fit, records)

    page = write_page(replace(inputs, evidence={"disaggregated_results": table}))

    section = page.split('<section id="disaggregated_results">')[1].split("</section>")[0]
    assert section.count("<tr><td>") == 10
    assert section.index("(not mapped)") < section.index("campaign 0")
    assert "Entities of tv are 10.0% off the channel&#39;s spend" in section
    assert "Nothing finer is known of search." in section


def test_what_a_fit_says_of_itself_has_its_sections(inputs: ReportInputs) -> None:
    fit = inputs.fit
    tables = {
        "effect_evidence": summarize_effects(fit, inputs.prior),
        "predictive_checks": summarize_predictive_checks(fit),
        "leave_one_out": summarize_leave_one_out(fit),
        "response_backtest": summarize_response_backtest(fit),
    }

    page = write_page(replace(inputs, evidence=tables))

    for name in tables:
        assert f'<section id="{name}">' in page
        assert f'<a href="#{name}">' in page
    price = page.split("<td>price</td>")[1].split("</tr>")[0]
    assert "<td>negative</td>" in price
    assert "known before" in price
    assert ">nan" not in page


def test_the_page_shows_what_is_left_and_what_it_asks_for(inputs: ReportInputs) -> None:
    table = inputs.model_fit.copy()
    level = table["observed"].mean()
    table["residual"] = 0.01 * level * (-1.0) ** np.arange(len(table))
    table.loc[40:60, "residual"] = 0.2 * level
    table["observed"] = table["fitted"] + table["residual"]

    page = write_page(replace(inputs, model_fit=table))

    start = f"{table['date'][40]:%Y-%m-%d}"
    assert f"<li>{start} to " in page
    assert f"<code>events: {{name: [{{start: {start}, end: " in page
    assert "Longest run of residuals of one sign" in page


@pytest.mark.slow
def test_what_it_hangs_on_has_its_sections(inputs: ReportInputs) -> None:
    fit = inputs.fit
    seed = Variation("seed", fit.spec, fit.features)
    failed = NotConvergedError("acme", "abc", ["R-hat reaches 1.2"])
    refits: list[Refit] = [(seed, fit), (replace(seed, name="noise"), failed)]
    left_out = [LeftOut("placebo", "there is no such channel")]
    evidence = {
        "prior_sensitivity": summarize_prior_sensitivity(fit),
        "sensitivity": summarize_sensitivity(fit, refits, left_out),
    }

    page = write_page(replace(inputs, evidence=evidence))

    assert "Belief or data?" in page
    assert "3 variations" in page
    assert "failed: R-hat reaches 1.2" in page
    assert "left out: there is no such channel" in page
    assert "noise did not converge, so what it would say is not known" in page


def test_attempts_that_failed_are_told(inputs: ReportInputs) -> None:
    assert "attempts, each more careful" not in write_page(inputs)
    failed = Attempt(
        fit_id="x", sampling=Sampling(), seconds=9.0, failures={"rhat": "R-hat reaches 1.2"}
    )
    last = failed.model_copy(update={"failures": {}})
    noted = inputs.fit.trace.copy()
    noted.attrs[ATTEMPTS] = json.dumps([one.model_dump(mode="json") for one in (failed, last)])

    page = write_page(replace(inputs, fit=replace(inputs.fit, trace=noted)))

    assert "It took 2 attempts, each more careful" in page
    assert "R-hat reaches 1.2" in page


@pytest.mark.slow
def test_a_panel_with_a_selection_has_its_page(panel: ReportInputs) -> None:
    page = write_page(panel)

    assert "Which controls matter" in page
    assert "baseline x media x noise" in page
    table = summarize_selection(panel.fit)
    assert table["control"].tolist() == ["price", "promo"]
    assert table["inclusion"].between(0, 1).all()
    assert (table["is_selected"] == (table["inclusion"] > 0.5)).all()
    shares = facts.tabulate_shares(panel)
    assert shares["share"].sum() == pytest.approx(1.0)
    assert shares["component"].tolist()[3] == "overlap"
    assert "what channels bring only together is credited to each" in page
    media, fit = facts.summarize_media(panel), panel.fit
    assert media["roas"] == pytest.approx(panel.advice.portfolio["roas"])
    terms = compute_terms(fit)["channel_contribution"].sel(channel=["tv", "mail"])
    lost = fit.features["target"] * (1 - np.exp(-terms.sum("channel")))
    cells = ["date", "geo"]
    share = (lost.sum(cells) / compute_fitted_mean(fit).sum(cells)).mean()
    assert media["share"] == pytest.approx(float(share))


@pytest.mark.slow
def test_a_panel_has_a_section_by_cell(panel: ReportInputs) -> None:
    page = write_page(panel)

    section = page.split('<section id="cells">')[1].split("</section>")[0]
    assert section.count("<tr><td>") == 2
    assert "a channel returns the same in every cell" in section
    assert not find_faults(page)


@pytest.mark.parametrize(("factor", "told"), [(1 + 1e-14, 0.0), (1.1, 0.1)])
def test_rounding_is_no_change_of_spend(inputs: ReportInputs, factor: float, told: float) -> None:
    table = inputs.scenarios.table
    plan = replace(inputs.scenarios, table=table.assign(spend=factor * table["spend_current"]))

    (row,) = list_scenarios(plan, inputs.fit.spec, ROAS)

    assert row["spend_change"] == pytest.approx(told * row["spend_current"], rel=1e-9, abs=0)


def test_money_is_told_in_its_currency(inputs: ReportInputs) -> None:
    data = inputs.fit.spec.data.model_copy(update={"currency": "EUR", "margin": 0.4})
    spec = inputs.fit.spec.model_copy(update={"data": data})
    told = replace(
        inputs,
        fit=replace(inputs.fit, spec=spec),
        returns=summarize_returns(replace(inputs.fit, spec=spec)),
    )

    page = write_page(told)

    assert "; money and target in EUR</p>" in page
    assert "target units per EUR, all media" in page
    assert "<th>Spend, EUR</th>" in page
    assert "Profit (EUR) is 40.0% of the contribution" in page
    assert "unit of money" not in page
    assert "next EUR" in page.split('<section id="scenarios">')[1]
    assert "unit of money" not in write_text(write_advice(told.advice, spec.data, "week"), told.fit)
    assert "EUR" not in write_page(inputs)


def test_the_page_has_the_other_cuts(inputs: ReportInputs) -> None:
    page = write_page(inputs)

    quarters = page.split("<summary>Quarter by quarter</summary>")[1].split("</details>")[0]
    assert quarters.count("<tr><td>") == 8
    assert "<th>baseline</th>" in quarters
    worth = page.split("Best return first")[1].split("</table>")[0]
    assert worth.count("<tr><td>") == 2
    assert "<th>Headroom</th>" in worth
    assert "<th>Profit</th>" not in worth
    assert "not another season" in page
    assert '<section id="cells">' not in page


def test_nothing_is_selected_where_nothing_was_asked(inputs: ReportInputs, page: str) -> None:
    assert summarize_selection(inputs.fit).empty
    assert "Which controls matter" not in page


@pytest.fixture(scope="module")
def page(inputs: ReportInputs) -> str:
    return render_report(inputs)


def note(inputs: ReportInputs, first_spec: ModelSpec) -> ReportInputs:
    """The same, of a fit whose decisions were once those of another spec."""
    fit = inputs.fit
    first = Prespecification.take(first_spec, datetime(2026, 1, 5, tzinfo=UTC))
    noted = note_prespecification(fit.trace, first, first.list_deviations(fit.spec))
    return replace(inputs, fit=require_converged(noted, fit.diagnostics, fit.spec))


def test_the_page_says_what_changed_since_the_first_fit(inputs: ReportInputs) -> None:
    media = {"search": inputs.fit.spec.media["search"]}
    page = write_page(note(inputs, inputs.fit.spec.model_copy(update={"media": media})))

    assert "Changed since the first fit" in page
    assert "fixed on 05 January 2026, before the first fit" in page
    assert "<li><code>media.tv</code> was added</li>" in page
    assert "nothing has changed since" not in page


def test_the_page_says_that_nothing_changed(inputs: ReportInputs) -> None:
    page = write_page(note(inputs, inputs.fit.spec))

    assert "fixed on 05 January 2026, before the first fit: nothing has changed since" in page
    assert "Changed since the first fit" not in page


def test_the_page_of_a_fit_from_outside_the_lineage_claims_nothing(page: str) -> None:
    assert "the first fit" not in page


def test_the_page_says_that_a_fit_is_of_other_versions(
    inputs: ReportInputs, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = list_versions() | {"nutpie": "99.0"}
    monkeypatch.setattr("mmm_pipeline.gate.converged.list_versions", lambda: newer)

    assert "is installed" not in page
    assert "; 99.0 is installed</li>" in write_page(inputs)


def test_a_browser_would_find_nothing_wrong(page: str) -> None:
    assert not find_faults(page)


def test_every_figure_and_section_is_there(page: str) -> None:
    found = Page(page)

    assert len(found.images) == 19
    assert found.tags.count("h2") == 11
    assert set(found.targets) == {one for one in found.ids if one != "selection"}


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ('<img src="https://a.b/c.png" alt="x">', "<img> refers to https://a.b/c.png"),
        ('<a href="#nowhere">x</a>', "nothing is called nowhere"),
        ('<p id="fit">x</p><p id="fit">x</p>', "fit is there twice"),
        ('<img src="data:image/png;base64,AAAA" alt="x">', "x is no image"),
        ('<img src="data:image/png;base64,iVBORw0KGgo=">', "an image says nothing"),
        ('<p onclick="x()">x</p>', "<p> runs onclick"),
        ('<p style="background: url(//a.b/c)">x</p>', "a style refers to url(//a.b/c)"),
        ("<script></script>", "<script> has no place"),
        ("<table><tr></table>", "</table> closes what is not open"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(broken: str, fault: str) -> None:
    assert fault in find_faults(f"<style>p {{ color: red }}</style>{broken}")


@pytest.mark.slow
def test_the_page_is_the_same_for_the_same_inputs(page: str, inputs: ReportInputs) -> None:
    without_ids = re.compile(r"data:image/svg\+xml;base64,[^\"]+")

    assert without_ids.sub("", render_report(inputs)) == without_ids.sub("", page)


def test_the_page_says_what_drew(page: str, inputs: ReportInputs) -> None:
    assert "Drawn by nutpie. A fit that" in page
    trace = inputs.fit.trace.copy()
    trace.attrs["sampler_note"] = "numpyro is missing, so nutpie draws."
    fit = replace(inputs.fit, trace=trace)

    words = facts.describe_sampler(replace(inputs, fit=fit))

    assert words == "Drawn by nutpie. numpyro is missing, so nutpie draws."


def test_a_mix_of_fits_is_refused(inputs: ReportInputs) -> None:
    curves = inputs.curves.copy()
    curves.attrs["fit_id"] = "another"

    with pytest.raises(StaleFitError, match="response_curves"):
        replace(inputs, curves=curves)


def test_priors_of_another_request_are_refused(inputs: ReportInputs) -> None:
    with pytest.raises(StaleFitError, match="prior_predictive"):
        replace(inputs, prior=inputs.prior.assign_attrs(request_id="another"))


def test_shares_add_up_to_everything(inputs: ReportInputs) -> None:
    shares = facts.tabulate_shares(inputs)

    assert shares["share"].sum() == pytest.approx(1.0)
    assert shares["component"].tolist()[:2] in (["search", "tv"], ["tv", "search"])


def test_media_together_is_the_sum_of_the_channels(inputs: ReportInputs) -> None:
    media = facts.summarize_media(inputs)

    earned = inputs.returns.table["contribution"].sum()
    assert media["roas"] == pytest.approx(earned / media["spend"], rel=1e-9)


def test_the_truth_is_held_against_the_intervals(inputs: ReportInputs) -> None:
    table = facts.tabulate_truth(inputs)

    assert table is not None
    found = {(row.channel, row.quantity): row.is_inside for row in table.itertuples()}
    assert found == {("tv", "roas"): True, ("search", "roas"): False, ("tv", "alpha"): True}


@pytest.mark.slow
def test_a_model_that_buys_nothing_has_its_page() -> None:
    media = {name: {"kind": "owned", "exposure": name} for name in ("tv", "search")}
    spec = make_spec(media=media, trend="none", seasonality={"yearly": 0})

    page = write_page(gather(draw_fit(spec, make_features(spec)), None))

    assert not find_faults(page)
    assert 'id="scenarios"' not in page
