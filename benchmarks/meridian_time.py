"""How long Meridian's own simulated panel takes to be fitted here, and how well the chains mix.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/meridian_time.py``, with the public panel in
``shared/data`` beside the project. 40 geos, 156 weeks, five channels, the belief about ROAS of
Meridian's own notebook (``mmm_pipeline_tests/shared_data/meridian.yaml``). The compiled caches of
PyTensor are empty, as in a first run. The other column is what Meridian's notebook "Getting
Started" prints: ten chains of 2000 + 500 adapting and 1000 kept draws, on one GPU.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
SPEC = ROOT / "mmm_pipeline_tests" / "shared_data" / "meridian.yaml"
LIMIT = 1.01
"""R-hat above which chains do not agree."""


def measure() -> list[tuple[str, str, str]]:
    """Fit the panel; rows of what was found here, and by Meridian."""
    # Here, because PyTensor reads where its caches are when it is imported.
    from fitting import fit_through_gate

    from mmm_pipeline.spec import read_spec

    heard = []
    spec = read_spec(SPEC)
    fit, parameters = fit_through_gate(spec, DATA, heard.append)
    numbers, seconds = fit.diagnostics, fit.trace.attrs["seconds"]
    above = int((parameters["rhat"] > LIMIT).sum())
    words = f"{spec.sampling.chains} x ({spec.sampling.tune} + {spec.sampling.draws})"
    ess = min(numbers.min_ess_bulk, numbers.min_ess_tail)
    return [
        ("machine", f"{os.cpu_count()} cores", "1 GPU"),
        ("chains x (tuning + kept draws)", words, "10 x (2500 + 1000)"),
        ("compiling and sampling", _tell_time(seconds), "14 min 29 s"),
        ("of it sampling", _tell_time(heard[-1].seconds), ""),
        ("processor time, all cores and imports", _tell_time(time.process_time()), ""),
        ("R-hats above 1.01", f"{above} of {len(parameters)}", "265 of 657"),
        ("worst R-hat", f"{numbers.max_rhat:.4f}", "1.129"),
        ("smallest ESS, bulk and tail", f"{ess:.0f}", ""),
        ("divergences", f"{numbers.divergences}", ""),
        ("free parameters", f"{numbers.n_parameters}", ""),
        ("the gate here says", fit.verdict.word, ""),
    ]


def _tell_time(seconds: float) -> str:
    """Write a duration."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def main() -> None:
    """Measure, and print the table."""
    if not (DATA / "meridian_geo_all_channels.csv").is_file():
        print(f"Skipped: meridian_geo_all_channels.csv must lie in {DATA}; it is not there.")
        return
    with TemporaryDirectory() as cache:
        os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={cache}"
        rows = measure()
    print("| | here | Meridian |")
    print("| --- | ---: | ---: |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
