"""How a fit came about: data, settings, code and machine, so that it can be made again."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.lineage.forms import TableForm
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.model.identity import OUR_MODEL, digest_arrays, digest_code, digest_table
from mmm_pipeline.model.machine import describe_machine, list_packages
from mmm_pipeline.model.trace import read_sampling, read_versions

RAW = ("raw_data", "raw_media", "raw_experiments")
"""Tables that were delivered."""
PACKAGE = Path(__file__).resolve().parents[1]
"""Where the code of this package lies."""


def compose_receipt(model: Model, trace: xr.DataTree) -> dict[str, Any]:
    """Write down how a fit came about, on the day it is kept.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    trace : xarray.DataTree
        The fit.

    Returns
    -------
    dict
        ``data``: the deliveries that became validated data, with their digests, and digests of
        the validated data and of the features; ``spec``, all defaults filled in; ``sampling`` of
        the attempt that made the draws, its seed among it; ``code``, ``packages``, ``machine``;
        ``replay``, the command that makes it again.
    """
    fit_id = str(trace.attrs["fit_id"])
    return {
        "fit_id": fit_id,
        "fitted_at": trace.attrs["fitted_at"],
        "data": {
            "deliveries": _list_deliveries(model),
            "validated_data": _digest_validated(model),
            "features": digest_arrays(trace["/inputs"].to_dataset()),
        },
        "spec": json.loads(trace.attrs["spec"]),
        "sampling": read_sampling(trace).model_dump(mode="json"),
        "code": {
            "model": read_versions(trace)[OUR_MODEL],
            "package": digest_code(PACKAGE),
            "git_commit": _find_commit(),
        },
        "packages": list_packages(),
        "machine": describe_machine(),
        "replay": _write_command(model.spec.name, fit_id),
    }


def _list_deliveries(model: Model) -> dict[str, Any]:
    """Find the arrival of each table that became validated data, or else its last one."""
    ingested = model.deliveries.find_ingested_before({}) or {}
    found = {}
    for asset in RAW:
        arrivals = model.deliveries.list_arrivals(asset)
        used = [one for one in arrivals if one["delivery"] == ingested.get(asset)]
        if last := (used or arrivals)[-1:]:
            found[asset] = last[0]
    return found


def _digest_validated(model: Model) -> str | None:
    """Name the validated data by their content; None where there are none to read."""
    try:
        frame: pd.DataFrame = model.store.read("validated_data", TableForm())
    except StaleFitError:
        return None
    return digest_table(frame)


def _find_commit() -> str | None:
    """Name the commit the code was checked out from; None where it was not."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(PACKAGE), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None


def _write_command(model: str, fit_id: str) -> str:
    """Write the command that makes a fit again."""
    config = json.dumps({"ops": {f"{model}__replay_fit": {"config": {"fit_id": fit_id}}}})
    return (
        f"echo '{config}' > replay.yaml; "
        f"dagster job execute -m mmm_pipeline.definitions -j {model}__replay --config replay.yaml"
    )
