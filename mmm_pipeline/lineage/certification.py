"""The job that certifies a model: worlds are drawn, and fitted one a step.

It is not among the model's assets: it takes as many fits as there are worlds. What a world is, and
what is made of it, is said in `mmm_pipeline.evidence`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import xarray as xr
from pydantic import Field
from upath import UPath

from mmm_pipeline import evidence, gate
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.files import put, try_get
from mmm_pipeline.lineage.forms import FigureForm, RecordForm, TableForm
from mmm_pipeline.lineage.io_managers import FORMS
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_drawing, show_table
from mmm_pipeline.model.identity import digest_code, digest_text
from mmm_pipeline.model.trace import name_request_now

if TYPE_CHECKING:
    from mmm_pipeline.evidence.certificate import Certificate
    from mmm_pipeline.model.worlds import Origin

FORM = FORMS["arrays"]
"""How worlds and records are written."""


class CertifyConfig(dg.Config):
    """What may be said when a model is certified."""

    worlds: int = Field(default=100, ge=1, le=10_000, description="How many are drawn.")
    seed: int = Field(default=1, ge=0, lt=2**32, description="Of the worlds.")


def build_certify_job(model: Model) -> dg.JobDefinition:
    """Make the job that certifies a model on its features, as they were materialised last.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__certify``. Nothing is handed from step to step but that it is done: worlds and
        records lie in the store, under a name of all that they follow from, and a world whose
        record is there is not fitted again.
    """
    draw, fit, judge = _draw_worlds(model), _certify_world(model), _certificate(model)

    @dg.config_mapping
    def say_to_all(config: CertifyConfig) -> dg.RunConfig:
        return dg.RunConfig(ops={op.name: config for op in (draw, fit, judge)})

    @dg.job(
        name=f"{model.spec.name}__certify",
        config=say_to_all,
        tags={"model": model.spec.name},
        description=(
            f"Fit {model.spec.name} to worlds drawn from its own priors, and tell whether its "
            "intervals hold the truth as often as they say."
        ),
    )
    def certify() -> None:
        judge(done=draw().map(lambda world: fit(drawn=world)).collect())

    return certify


def _draw_worlds(model: Model) -> dg.OpDefinition:
    @dg.op(name=f"{model.spec.name}__draw_worlds", out=dg.DynamicOut(dg.Nothing))
    def draw_worlds(config: CertifyConfig) -> Iterator[Any]:
        """Draw parameters from the priors, and a history of each, noise included."""
        from mmm_pipeline.model.worlds import WORLD, draw_worlds

        origin = _read_origin(model)
        folder = _locate(model, origin, config)
        worlds = try_get(folder, "worlds", FORM)
        if worlds is None or worlds.sizes[WORLD] < config.worlds:
            put(folder, "worlds", FORM, draw_worlds(origin, config.worlds, config.seed))
        for number in range(config.worlds):
            yield dg.DynamicOutput(None, mapping_key=str(number))

    return draw_worlds


def _certify_world(model: Model) -> dg.OpDefinition:
    @dg.op(
        name=f"{model.spec.name}__certify_world",
        ins={"drawn": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
        pool="sampler",
    )
    def certify_world(context: dg.OpExecutionContext, config: CertifyConfig) -> None:
        """Fit the model to a world, and keep draws of it if the gate lets them through."""
        from mmm_pipeline.evidence.certification import certify_world, is_record_of
        from mmm_pipeline.gate.remedies import Witness

        number = str(context.get_mapping_key())
        origin = _read_origin(model)
        folder = _locate(model, origin, config)
        world = _read(folder, "worlds").isel(world=int(number))
        record = try_get(folder / "worlds", number, FORM)
        if record is not None and is_record_of(record, origin, world):
            context.log.info(f"World {number} has been fitted; its record is used again.")
            return
        witness = Witness(tell=lambda _: None, warn=context.log.warning, keep=lambda *_: None)
        put(folder / "worlds", number, FORM, certify_world(origin, world, witness))

    return certify_world


def _certificate(model: Model) -> dg.OpDefinition:
    @dg.op(
        name=f"{model.spec.name}__certificate",
        ins={"done": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
    )
    def certificate(context: dg.OpExecutionContext, config: CertifyConfig) -> None:
        """Rank the truth among the draws, and tell how often intervals hold it."""
        from mmm_pipeline.evidence.certification import certify

        origin = _read_origin(model)
        folder = _locate(model, origin, config)
        worlds = _read(folder, "worlds").isel(world=slice(config.worlds))
        records = [_read(folder / "worlds", str(number)) for number in range(config.worlds)]
        found = certify(origin, worlds, records)
        shown = _write(folder, found)
        for quantity in found.uneven:
            context.log.warning(f"Ranks of {quantity} are not spread evenly.")
        context.log_event(
            dg.AssetMaterialization(
                model.key("certificate"),
                metadata={
                    "path": dg.MetadataValue.path(str(folder)),
                    **found.counts,
                    "uneven": ", ".join(found.uneven) or "none",
                    "groups": show_table(found.groups),
                    "quantities": show_table(found.table),
                    **shown,
                },
            )
        )

    return certificate


def _read_origin(model: Model) -> "Origin":
    """Take the features of a model for the place where worlds come from."""
    from mmm_pipeline.model.worlds import Origin

    with told_clearly(model.location):
        return Origin(model.spec, model.store.read("features", FORM))


def _locate(model: Model, origin: "Origin", config: CertifyConfig) -> UPath:
    """Name the folder of a certificate by all that its worlds and their records follow from."""
    spec = origin.spec
    name = digest_text(
        {
            "request": name_request_now(spec, origin.features),
            "attempts": spec.sampling.attempts,
            "gate": spec.gate.model_dump(mode="json"),
            "seed": config.seed,
            "code": [digest_code(Path(room.__path__[0])) for room in (gate, evidence)],
        }
    )
    return model.store.folder / "certificates" / name


def _read(folder: UPath, name: str) -> xr.Dataset:
    """Read what an earlier step has left."""
    found: xr.Dataset | None = try_get(folder, name, FORM)
    if found is None:
        message = (
            f"{folder.name}/{name}.nc must have been written by an earlier step of this run; it is "
            "not there, or is damaged. Were the features materialised meanwhile? Launch the job "
            "again: what is there is used again."
        )
        raise dg.Failure(message, allow_retries=False)
    return found


def _write(folder: UPath, certificate: "Certificate") -> dict[str, Any]:
    """Write all that is said, and draw it, where any world passed."""
    put(folder, "certificate", TableForm(), certificate.table)
    put(folder, "ranks", TableForm(), certificate.ranks)
    put(folder, "summary", RecordForm(), certificate.to_record())
    if certificate.ranks.empty:
        return {}
    from mmm_pipeline.report.figures import draw_certificate

    figure = draw_certificate(certificate)
    put(folder, "certificate", FigureForm(), figure)
    return {"ranks": show_drawing("ranks", figure)}
