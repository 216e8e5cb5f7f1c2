"""The weekly build of the DT Mart case, from YAML alone, on look-alikes of its files.

Daily orders, yearly-and-monthly media in crore with spaces in the header, a monthly score, a list
of sale days: `reference-systems`, rows M1 to M3.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from mmm_pipeline.ingest.read import read_source
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.spec import ModelSpec

YAML = """
name: dt_mart
data:
  path:
    tables:
      orders: data/firstfile.csv
      media: data/MediaInvestment.csv
      score: data/MonthlyNPSscore.csv
      sales: data/SpecialSale.csv
    sql: |
      WITH weeks AS (
        SELECT date_trunc('week', Date::DATE) AS week, sum(gmv_new::DOUBLE) AS gmv,
               sum(discount::DOUBLE) AS discount
        FROM orders GROUP BY ALL HAVING count(DISTINCT Date) = 7
      ),
      months AS (
        SELECT week, year(week) AS y, month(week) AS m, count(*) OVER (PARTITION BY y, m) AS n
        FROM weeks
      )
      SELECT week, gmv, discount, NPS::DOUBLE AS nps,
             TV::DOUBLE / n AS tv, Digital::DOUBLE / n AS digital, SEM::DOUBLE / n AS sem,
             (SELECT count(*) FROM sales
              WHERE date_trunc('week', sales.Date::DATE) = week) AS sale_days
      FROM weeks JOIN months USING (week)
      JOIN media ON media.Year::INT = y AND media.Month::INT = m
      JOIN score ON year(score.Date::DATE) = y AND month(score.Date::DATE) = m
  date: week
  target: gmv
  factors: {tv: 1.0e+7, digital: 1.0e+7, sem: 1.0e+7}
  expect: {min_periods: 50, max_periods: 53}
media:
  tv: {}
  digital: {spend: [digital, sem]}
controls:
  nps: {}
  discount: {}
  sale_days: {}
"""


def write_look_alikes(folder: Path) -> pd.DataFrame:
    """Write the four files, and return the orders."""
    rng = np.random.default_rng(5)
    days = pd.date_range("2015-07-01", "2016-06-30")
    orders = pd.DataFrame({"Date": days.repeat(3)})
    orders["gmv_new"] = rng.integers(100, 900, len(orders))
    orders["discount"] = rng.integers(0, 90, len(orders))
    months = pd.date_range("2015-07-01", periods=12, freq="MS")
    media = pd.DataFrame({"Year": months.year, "Month": months.month})
    for channel in ("TV", "Digital", "SEM"):
        media[channel] = rng.integers(1, 40, 12) / 4
    (folder / "data").mkdir()
    orders.to_csv(folder / "data/firstfile.csv", index=False)
    media.to_csv(folder / "data/MediaInvestment.csv", index=False)
    score = pd.DataFrame({"Date": months, "NPS": rng.integers(44, 60, 12)})
    score.to_csv(folder / "data/MonthlyNPSscore.csv", index=False)
    sales = pd.DataFrame({"Date": days[[10, 11, 12, 120, 121, 200]]})
    sales.to_csv(folder / "data/SpecialSale.csv", index=False)
    return orders


def test_the_weekly_build_is_a_query(tmp_path: Path) -> None:
    orders = write_look_alikes(tmp_path)
    spec = ModelSpec.model_validate(yaml.safe_load(YAML))
    media = pd.read_csv(tmp_path / "data/MediaInvestment.csv")

    raw = read_source(tmp_path, spec.data.path, spec.data.csv)
    frame = validate_source({"raw_data": raw.frame}, spec).frame

    assert len(frame) == 51
    assert frame["date"].dt.day_name().unique().tolist() == ["Monday"]
    week = orders["Date"].between("2015-07-06", "2015-07-12")
    assert frame["target"].iloc[0] == orders.loc[week, "gmv_new"].sum()
    july = media.iloc[0]
    assert frame["spend_tv"].iloc[0] == 1e7 * july["TV"] / 4
    assert frame["spend_digital"].iloc[0] == 1e7 * (july["Digital"] + july["SEM"]) / 4
    assert frame["sale_days"].sum() == 6
    november = frame["date"].dt.strftime("%Y-%m") == "2015-11"
    assert (
        frame.loc[november, "spend_tv"].sum() == 1e7 * media.loc[media["Month"] == 11, "TV"].item()
    )
