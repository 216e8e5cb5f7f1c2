"""Draw the figure of the README from the demo's outputs.

Run after ``make demo``: ``.venv/bin/python benchmarks/demo_figure.py``.
"""

import json
from pathlib import Path

from mmm_pipeline.lineage.forms import ArraysForm, SummaryForm
from mmm_pipeline.report.figures import draw_roas
from mmm_pipeline.report.rates import ROAS

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    outputs = ROOT / "outputs" / "demo"
    table = SummaryForm().read(outputs / "channel_returns").table
    prior = ArraysForm().read(outputs / "prior_predictive")["roas"]
    truth = json.loads((ROOT / "data" / "demo_truth.json").read_text(encoding="utf-8"))["roas"]
    figure = draw_roas(table, prior, table["channel"].tolist(), ROAS, truth)
    figure.savefig(ROOT / "benchmarks" / "demo_roas.png", dpi=110, metadata={"Software": None})
