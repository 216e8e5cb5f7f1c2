"""The headline figures of a reference system, Databricks' media-mix accelerator, held here too.

Run: ``.venv/bin/python benchmarks/headline.py``. Draws its world (``headline_world.yaml``), fits
it with its priors (``headline.yaml``), takes the fit through the gate, and sets what comes out
beside what was published.

That world scales spend by its range before it acts, the model by its maximum. So lambda and alpha
of the best fit are not quite the world's: least squares miss lambda of linkedin by 0.37 % and its
alpha by 0.35 %. Alpha of the two other channels is 0, at the edge of what a prior allows: no
relative error can be had of it, none was published, and what is told is how far from 0 it ends.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from fitting import fit_through_gate

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.diagnostics import assess_parameters
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.simulate.__main__ import write_recipe
from mmm_pipeline.spec import read_spec

HERE = Path(__file__).parent
MAX_ERROR = 0.004
"""Largest relative error of lambda and of alpha that was published."""
MAX_RHAT, MIN_ESS = 1.0018, 2260.0
"""Published of the intercept and of the noise, and of these only."""


@dataclass(frozen=True)
class Line:
    """A figure, how it is written, and the published one that it must reach or stay below."""

    name: str
    found: float
    form: str
    at_most: float | None = None
    at_least: float | None = None

    def __str__(self) -> str:
        """Write a row of the table."""
        bound = self.at_least if self.at_most is None else self.at_most
        if bound is None:
            return f"| {self.name} | {self.found:{self.form}} | | |"
        is_held = self.found <= bound if self.at_least is None else self.found >= bound
        sign = "≥" if self.at_most is None else "≤"
        held = "yes" if is_held else "no"
        return f"| {self.name} | {self.found:{self.form}} | {sign} {bound:{self.form}} | {held} |"


def list_closeness(fit: ConvergedFit) -> list[Line]:
    """Tell how close the fitted mean comes to the target."""
    quality = assess_fit(summarize_fit(fit))
    return [
        Line("R2", quality.r2, ".5f", at_least=0.9998),
        Line("MAPE", quality.mape, ".4%", at_most=0.0014),
    ]


def list_errors(parameters: pd.DataFrame, truth: dict[str, dict[str, float]]) -> list[Line]:
    """Tell how far the posterior means lie from what the world was made with."""
    mean = parameters.set_index("parameter")["mean"]
    lines = []
    for word, name in (("lam", "saturation_lam"), ("alpha", "adstock_alpha")):
        for channel, true in truth[word].items():
            found = mean[f"{name}[{channel}]"]
            title = f"{word} of {channel}, {true:g}"
            if true == 0:
                lines.append(Line(f"{title}: found", found, ".3f"))
            else:
                error = abs(found / true - 1)
                lines.append(Line(f"{title}: relative error", error, ".2%", at_most=MAX_ERROR))
    return lines


def list_mixing(parameters: pd.DataFrame) -> list[Line]:
    """Tell how well the chains of what was published mix."""
    lines = []
    for name, row in parameters.set_index("parameter").iterrows():
        lines.append(Line(f"R-hat of {name}", row["rhat"], ".4f", at_most=MAX_RHAT))
        for kind in ("bulk", "tail"):
            ess = row[f"ess_{kind}"]
            lines.append(Line(f"ESS of {name}, {kind}", ess, ".0f", at_least=MIN_ESS))
    return lines


def list_worst(fit: ConvergedFit) -> list[Line]:
    """Tell what the gate looks at, over all free parameters."""
    numbers = fit.diagnostics
    extremes = {
        "R-hat": ("max_rhat", ".4f"),
        "ESS, bulk": ("min_ess_bulk", ".0f"),
        "ESS, tail": ("min_ess_tail", ".0f"),
    }
    lines = [
        Line(f"worst {words} ({numbers.worst[name]})", getattr(numbers, name), form)
        for words, (name, form) in extremes.items()
    ]
    return [
        *lines,
        Line("divergences", numbers.divergences, "d"),
        Line("seconds, compilation included", fit.trace.attrs["seconds"], ".0f"),
    ]


def main() -> None:
    """Simulate, fit, and print the table."""
    with TemporaryDirectory() as name:
        (Path(name) / "data").mkdir()
        write_recipe(HERE / "headline_world.yaml", Path(name) / "data")
        truth = json.loads((Path(name) / "data" / "headline_world_truth.json").read_text())
        fit, parameters = fit_through_gate(
            read_spec(HERE / "headline.yaml"), Path(name), lambda _: None
        )
    intercept = compute_variables(
        restore_model(fit).model, fit.posterior, ["intercept_contribution"]
    )
    mixing = pd.concat(
        [
            assess_parameters(intercept),
            parameters[parameters["parameter"].isin({"level", "y_sigma"})],
        ]
    )
    print(f"{len(parameters)} free parameters; the gate says {fit.verdict.word}.\n")
    print("| figure | here | published | holds |")
    print("| --- | ---: | ---: | --- |")
    for line in [
        *list_closeness(fit),
        *list_errors(parameters, truth),
        *list_mixing(mixing),
        *list_worst(fit),
    ]:
        print(line)


if __name__ == "__main__":
    main()
