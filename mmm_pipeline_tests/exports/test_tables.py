from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.exports.columns import CELL, describe_column
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.tables import build_exports
from mmm_pipeline.insight.by_period import summarize_contributions_by_period
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.spec import EXPORT_NAMES, Exports, ModelSpec, list_columns, list_keys, name_kpi
from mmm_pipeline.spec.consistency import BESIDE_CELLS, RESERVED
from mmm_pipeline_tests.factories import make_spec


def tabulate(inputs: ExportInputs, **words: object) -> dict[str, pd.DataFrame]:
    """Every export by its name, with words of the spec."""
    spec = inputs.fit.spec.model_copy(update={"exports": Exports.model_validate(words)})
    return {one.name: one.frame for one in build_exports(_say(inputs, spec))}


def _say(inputs: ExportInputs, spec: object) -> ExportInputs:
    return replace(inputs, fit=replace(inputs.fit, spec=spec))


def test_components_add_up_to_the_fitted_mean(inputs: ExportInputs) -> None:
    table = tabulate(inputs)["decomps_stacked"]

    by_date = table.groupby("date")["kpi_sales"].sum().to_numpy()
    np.testing.assert_allclose(by_date, inputs.model_fit["fitted"], rtol=1e-9)


def test_forced_components_add_up_to_what_was_observed(inputs: ExportInputs) -> None:
    free = tabulate(inputs)["decomps_stacked"]
    forced = tabulate(inputs, force_to_actuals=True)["decomps_stacked"]

    by_date = forced.groupby("date")["kpi_sales"].sum().to_numpy()
    np.testing.assert_allclose(by_date, inputs.fit.features["target"].to_numpy(), rtol=1e-9)
    moved = free["kpi_sales"] != forced["kpi_sales"]
    assert set(free["decomp"][moved]) == {"intercept"}


def test_forced_components_of_a_panel_add_up_in_every_cell(panel: ExportInputs) -> None:
    forced = tabulate(panel, force_to_actuals=True)["decomps_stacked"]

    found = forced.groupby(["date", "brand", "panel_decomp"])["kpi_sales"].sum().to_numpy()
    np.testing.assert_allclose(found, panel.fit.features["target"].to_numpy().ravel(), rtol=1e-9)


def test_a_component_is_counted_under_its_levels(panel: ExportInputs) -> None:
    table = tabulate(panel)["decomps_stacked"]

    levels = table.groupby("decomp")[["decomp_lvl1", "decomp_lvl2"]].first()
    assert levels.apply(tuple, axis=1).to_dict() == {
        "tv": ("media", "Screens"),
        "video": ("media", "paid"),
        "mail": ("media", "owned"),
        "rival": ("media", "competitor"),
        "overlap": ("media", "overlap"),
        "intercept": ("baseline", "intercept"),
    }


def test_what_media_bring_together_is_the_same_wherever_it_is_told(panel: ExportInputs) -> None:
    fit, spec = panel.fit, panel.fit.spec
    table = tabulate(panel)["decomps_stacked"]
    periods = summarize_contributions_by_period(fit)

    def lose(names: list[str]) -> xr.DataArray:
        terms = compute_terms(fit)["channel_contribution"].sel(channel=names).sum("channel")
        lost = fit.features["target"] * (1 - np.exp(-terms))
        return lost.sum(["date", *spec.data.panel]).transpose("chain", "draw")

    whole = float(lose(list(spec.media)).mean())
    assert table.groupby("decomp_lvl1")["kpi_sales"].sum()["media"] == pytest.approx(whole)
    for among, names in (("own_media", ["tv", "video", "mail"]), ("bought_media", ["tv", "video"])):
        together = panel.returns.draws["together"].sel(among=among)
        np.testing.assert_allclose(together, lose(names), rtol=1e-9)
    years = periods[(periods["grain"] == "year") & (periods["level"] == "group")]
    of_all = years[(years["brand"] == "all") & (years["decomp"] == "all")]
    groups = of_all.groupby("name")["contribution"].sum()
    assert groups.drop("baseline").sum() == pytest.approx(whole)
    assert set(groups.index) == {"Screens", "paid", "owned", "competitor", "overlap", "baseline"}
    cells = years[(years["brand"] != "all") & (years["decomp"] != "all")]
    np.testing.assert_allclose(cells.groupby("name")["contribution"].sum(), groups, rtol=1e-9)


def test_the_week_begins_on_its_monday() -> None:
    from mmm_pipeline.exports.tables import _date

    days = pd.DataFrame({"date": pd.to_datetime(["2024-01-01", "2024-01-07", "2024-02-29"])})

    found = _date(days, make_spec(), {})["wc_mon"].dt.strftime("%Y-%m-%d").tolist()

    assert found == ["2024-01-01", "2024-01-01", "2024-02-26"]


def test_media_have_what_the_data_have(panel: ExportInputs) -> None:
    table = tabulate(panel)["media_results"]
    inputs = panel.fit.features.sel(brand="b", decomp="s")

    rows = table[(table["brand"] == "b") & (table["panel_decomp"] == "s")]
    by_channel = {name: one.reset_index() for name, one in rows.groupby("decomp")}
    tv, video, mail = by_channel["tv"], by_channel["video"], by_channel["mail"]
    assert tv["exposure"].tolist() == [4.5] * len(tv)
    assert set(tv["exposure_of"]) == {"grp + spots"}
    np.testing.assert_array_equal(tv["spend"], inputs["spend"].sel(channel="tv"))
    assert tv["reach"].isna().all()
    assert set(video["exposure_of"]) == {"people x often"}
    reach = inputs["exposure"].sel(channel="video") / inputs["frequency"].sel(channel="video")
    np.testing.assert_allclose(video["reach"], reach)
    assert mail["spend"].isna().all()
    np.testing.assert_array_equal(mail["exposure"], inputs["exposure"].sel(channel="mail"))


def test_money_alone_is_no_exposure(inputs: ExportInputs) -> None:
    table = tabulate(inputs)["media_results"]

    assert table["exposure"].isna().all()
    assert table["exposure_of"].isna().all()
    assert table["spend"].sum() == pytest.approx(float(inputs.fit.features["spend"].sum()))


def test_actual_and_fitted_stand_below_each_other(inputs: ExportInputs) -> None:
    table = tabulate(inputs)["actual_vs_fitted"].set_index(["series", "date"])["kpi_sales"]

    assert table["Actual"].tolist() == inputs.model_fit["observed"].tolist()
    assert table["Fitted"].tolist() == inputs.model_fit["fitted"].tolist()


def test_the_brand_is_what_is_said_or_the_model_or_the_panels(
    inputs: ExportInputs, panel: ExportInputs
) -> None:
    assert set(tabulate(inputs)["channel_returns"]["brand"]) == {"acme"}
    assert set(tabulate(inputs, brand="Acme UK")["decomps_stacked"]["brand"]) == {"Acme UK"}
    assert set(tabulate(panel)["decomps_stacked"]["brand"]) == {"=A1", "b"}


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("sales", "kpi_sales"),
        ("Umsatz (€)", "kpi_Umsatz_"),
        ({"count": "orders", "value": "basket"}, "kpi_orders_x_basket"),
    ],
)
def test_the_kpi_bears_the_targets_name(target: object, name: str) -> None:
    spec = make_spec(data={"path": "a.csv", "date": "week", "target": target})

    assert name_kpi(spec) == name.rstrip("_")


@pytest.mark.parametrize("kind", ["split", "panel", "counted"])
def test_the_columns_are_those_that_the_spec_knows_of(
    kind: str, request: pytest.FixtureRequest
) -> None:
    inputs: ExportInputs = request.getfixturevalue(kind)
    spec = inputs.fit.spec

    found = {one.name: one for one in build_exports(inputs)}

    assert list(found) == [name for name in EXPORT_NAMES if name in found]
    assert set(EXPORT_NAMES) - set(found) <= {"disaggregated_results"}
    for name, one in found.items():
        columns = [
            column for column in list_columns(name, spec) if not _is_free(name, column, spec)
        ]
        assert list(one.frame.columns) == columns, name
        assert not one.frame.duplicated(one.keys).any(), name
        described = {column: describe_column(column, name) for column in columns}
        cells = {column for column, words in described.items() if words == CELL}
        assert cells <= {*spec.data.panel, "panel_decomp"}


def _is_free(table: str, column: str, spec: ModelSpec) -> bool:
    """Whether a column is there with `free_cells` only, which none of these specs asks for."""
    return table == "budget_scenarios" and column in spec.data.panel


def test_no_dim_is_called_like_a_column_beside_it(panel: ExportInputs) -> None:
    dims = {*panel.fit.spec.data.panel}
    beside = [one for one in panel.tables.values() if dims <= {*one.columns}]
    assert len(beside) >= 2
    columns = {name for table in [*beside, panel.model_fit] for name in table} - dims
    stems = {one.removesuffix("_lower").removesuffix("_upper") for one in columns}
    numbered = {f"{end}_{width}" for end in ("lower", "upper") for width in (50, 80, 95)}
    assert stems - numbered <= BESIDE_CELLS | RESERVED


def test_plans_of_free_cells_are_told_apart_by_them() -> None:
    spec = make_spec(data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]})

    assert list_keys("budget_scenarios", spec, ["scenario", "geo", "channel", "spend"]) == [
        *("scenario", "geo", "channel"),
    ]
    assert list_keys("budget_scenarios", spec, ["scenario", "channel", "spend"]) == [
        *("scenario", "channel"),
    ]


def test_scenarios_are_compared_as_the_plans_add_up(inputs: ExportInputs) -> None:
    tables = tabulate(inputs)

    plans = tables["budget_scenarios"].groupby("scenario")[["spend", "response"]].sum()
    compared = tables["scenario_comparison"].set_index("scenario")
    pd.testing.assert_frame_equal(compared[["spend", "response"]], plans, check_names=False)


def test_a_mix_of_fits_is_refused(inputs: ExportInputs) -> None:
    other = inputs.model_fit.copy()
    other.attrs["fit_id"] = "another"

    with pytest.raises(StaleFitError, match=r"Exports must be made from one fit.*: model_fit"):
        replace(inputs, model_fit=other)
