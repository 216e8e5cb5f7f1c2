from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from mmm_pipeline.exports.audit import find_differences
from mmm_pipeline.exports.bundle import bundle_exports
from mmm_pipeline.exports.catalogue import VIEWS, Entry, write_catalogue
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.tables import build_exports
from mmm_pipeline.spec import Exports


def enter(inputs: ExportInputs, model: str) -> Entry:
    """What a catalogue has of a model."""
    bundle = bundle_exports(inputs.fit, build_exports(inputs))
    frames = {name: one.frame for name, one in bundle.tables.items()}
    return Entry(model, {**bundle.describe(), "model": model}, frames)


@pytest.fixture(scope="module")
def catalogue(
    split: ExportInputs, panel: ExportInputs, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Of two models, and one that is left out, moved to another place."""
    folder = tmp_path_factory.mktemp("catalogue")
    entries = [enter(split, "acme"), Entry("gone", reason="it's not there"), enter(panel, "total")]
    write_catalogue(entries, folder / "catalogue.duckdb")
    assert [one.name for one in folder.iterdir()] == ["catalogue.duckdb"]
    (folder / "moved").mkdir()
    return (folder / "catalogue.duckdb").rename(folder / "moved" / "here.duckdb")


def ask(catalogue: Path, query: str) -> pd.DataFrame:
    with duckdb.connect(str(catalogue), read_only=True) as connection:
        return connection.sql(query).df()


def test_every_view_and_column_says_what_it_holds(catalogue: Path) -> None:
    views = ask(
        catalogue, "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main'"
    )
    views = views[~views["view_name"].str.startswith(("duckdb_", "sqlite_", "pragma_"))]
    columns = ask(
        catalogue,
        "SELECT comment FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal",
    )

    combined = {f"{one}_combined" for one in ("decomps_stacked", "media_results")}
    assert set(views["view_name"]) == {*VIEWS, *combined, "actual_vs_fitted_combined"}
    assert views["comment"].notna().all()
    assert len(columns) > 100
    assert columns["comment"].notna().all()


def test_the_models_are_listed_with_why_one_is_left_out(
    catalogue: Path, inputs: ExportInputs
) -> None:
    found = ask(catalogue, "FROM models ORDER BY model").set_index("model")

    assert found["is_included"].to_dict() == {"acme": True, "gone": False, "total": True}
    assert found.loc["gone", "reason"] == "it's not there"
    assert found.loc["acme", "fit_id"] == inputs.fit.fit_id


def test_totals_are_those_of_the_fits(
    catalogue: Path, inputs: ExportInputs, panel: ExportInputs
) -> None:
    found = ask(
        catalogue, "SELECT model, sum(kpi_value) AS kpi FROM decomps_stacked GROUP BY model"
    )

    totals = found.set_index("model")["kpi"].to_dict()
    assert totals == pytest.approx(
        {
            "acme": inputs.model_fit["fitted"].sum(),
            "total": panel.model_fit["fitted"].sum(),
        },
        rel=1e-9,
    )


def test_models_stand_side_by_side(
    catalogue: Path, inputs: ExportInputs, panel: ExportInputs
) -> None:
    tables = {"kpi_acme": inputs, "kpi_model_total": panel}
    expected: dict[str, Mapping[Any, float]] = {
        name: one.model_fit.groupby("date")["fitted"].sum().to_dict()
        for name, one in tables.items()
    }

    found = ask(
        catalogue,
        "SELECT * FROM actual_vs_fitted_combined WHERE series = 'Fitted' ORDER BY date",
    ).set_index("date")

    assert set(found.columns) >= {*tables, "kpi_total"}
    for name, by_date in expected.items():
        assert found[name].dropna().to_dict() == pytest.approx(by_date)
    whole = found[list(tables)].sum(axis=1)
    pd.testing.assert_series_equal(found["kpi_total"], whole, check_names=False)


def test_what_is_of_different_currencies_is_not_added_up(
    inputs: ExportInputs, tmp_path: Path
) -> None:
    entries = [
        Entry(name, {**entry.description, "model": name, "currency": currency}, entry.frames)
        for entry in [enter(inputs, "one")]
        for name, currency in (("euros", "EUR"), ("dollars", "USD"), ("more_euros", "EUR"))
    ]
    write_catalogue(entries, tmp_path / "catalogue.duckdb")

    found = ask(
        tmp_path / "catalogue.duckdb",
        "SELECT currency, sum(kpi_total) AS total FROM actual_vs_fitted_combined "
        "WHERE series = 'Fitted' GROUP BY currency",
    ).set_index("currency")["total"]

    fitted = inputs.model_fit["fitted"].sum()
    assert found.to_dict() == pytest.approx({"EUR": 2 * fitted, "USD": fitted})


def test_columns_bear_their_own_names_whatever_an_export_calls_them(
    inputs: ExportInputs, tmp_path: Path
) -> None:
    choice = {"rename": {"kpi_sales": "Revenue, £", "decomp": "part"}, "hide": ["decomp_lvl2"]}
    words = {"media_results": {**choice, "hide": ["spend", "wc_mon"]}, "decomps_stacked": choice}
    exports = Exports.model_validate({"columns": words})
    spec = inputs.fit.spec.model_copy(update={"exports": exports})

    write_catalogue(
        [enter(replace(inputs, fit=replace(inputs.fit, spec=spec)), "acme")],
        tmp_path / "catalogue.duckdb",
    )

    found = ask(tmp_path / "catalogue.duckdb", "SELECT sum(kpi_value) AS kpi FROM media_results")
    assert found["kpi"][0] == pytest.approx(inputs.returns.table["contribution"].sum())
    combined = ask(tmp_path / "catalogue.duckdb", "FROM media_results_combined").columns
    assert list(combined[:5]) == ["kpi", "currency", "grain", "date", "decomp_lvl1"]
    combined = ask(tmp_path / "catalogue.duckdb", "FROM decomps_stacked_combined").columns
    assert list(combined[5:7]) == ["decomp_lvl1", "decomp"]


def test_what_a_catalogue_says_otherwise_is_told(
    split: ExportInputs, panel: ExportInputs, tmp_path: Path
) -> None:
    entries = [enter(split, "acme"), enter(panel, "total")]
    path = tmp_path / "catalogue.duckdb"
    write_catalogue(entries, path)
    agreed = find_differences(path, entries)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE data.recommendations SET roas = roas + 1 WHERE model = 'acme'")
        connection.execute("DELETE FROM data.scenario_comparison WHERE model = 'acme'")
        connection.execute("CREATE OR REPLACE VIEW media_results_combined AS SELECT 1 kpi_total")

    found = find_differences(path, entries)

    assert not agreed
    assert [words.split(" adds")[0] for words in found] == [
        "roas of acme in recommendations",
        "scenario_comparison has 0 rows of acme, not 1",
        *[
            f"{name} of acme in scenario_comparison"
            for name in found_in(entries[0], "scenario_comparison")
        ],
        "kpi_total of media_results_combined",
    ]


def found_in(entry: Entry, table: str) -> list[str]:
    """The numbers of a table that do not add up to nothing."""
    frame = entry.frames[table].select_dtypes("number")
    return [str(name) for name in frame if frame[name].sum() != 0]


def test_a_catalogue_of_nothing_says_so(tmp_path: Path) -> None:
    write_catalogue([Entry("acme", reason="it has no exports")], tmp_path / "catalogue.duckdb")

    found = ask(tmp_path / "catalogue.duckdb", "SELECT reason FROM models")
    assert found["reason"].tolist() == ["it has no exports"]
