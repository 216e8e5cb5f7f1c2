"""The job that makes a fit again from what is kept of it, and says whether it is the same.

It writes nothing: the fit that is kept stays as it is.
"""

from typing import TYPE_CHECKING

import dagster as dg

from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.lineage.automation import build_op_job
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.promotion import find_current, read_kept
from mmm_pipeline.model.machine import describe_machine, find_differences, list_packages
from mmm_pipeline.model.trace import read_sampling

if TYPE_CHECKING:
    from mmm_pipeline.evidence.replay import Replay


class ReplayConfig(dg.Config):
    """What may be said when a fit is made again."""

    fit_id: str = ""
    """The fit; the one that `diagnostics` speaks of, if not given."""


def build_replay_job(model: Model) -> dg.JobDefinition:
    """Make the job that makes a fit again.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__replay``, of one op, ``<model>__replay_fit``.
    """
    name = model.spec.name

    @dg.op(name=f"{name}__replay_fit", out=dg.Out(dg.Nothing), pool="sampler")
    def replay_fit(context: dg.OpExecutionContext, config: ReplayConfig) -> None:
        """Make a fit again, and fail if it is another."""
        from mmm_pipeline.evidence.replay import compare_replay

        with told_clearly(model.location):
            kept = read_kept(model, config.fit_id or find_current(model))
            differences = _find_differences(model, kept.fit_id)
            again = _fit_again(kept, context)
        replay = compare_replay(kept, again)
        words = describe_replay(replay, kept.fit_id, differences)
        context.add_output_metadata(
            {
                "fit_id": kept.fit_id,
                "is_identical": replay.is_identical,
                "largest_difference_in_mcse": replay.largest,
                "where": replay.where,
                "limit_in_mcse": replay.limit,
                "machine": "; ".join(differences) or "the same",
            }
        )
        if not is_reproduced(replay, differences):
            raise dg.Failure(words, allow_retries=False)
        context.log.info(words)

    words = f"Make a fit of {name} again from what is kept of it, and compare."
    return build_op_job(model, "replay", words, replay_fit)


def is_reproduced(replay: "Replay", differences: list[str]) -> bool:
    """Tell whether a replay is as good as its machine lets it be.

    Parameters
    ----------
    replay : Replay
        How fit and replay compare.
    differences : list of str
        What is another than it was, of machine and packages.

    Returns
    -------
    bool
        On the same machine, draws must be identical; on another, chance must explain every
        difference.
    """
    return replay.agrees if differences else replay.is_identical


def describe_replay(replay: "Replay", fit_id: str, differences: list[str]) -> str:
    """Say what a replay found.

    Parameters
    ----------
    replay : Replay
        How fit and replay compare.
    fit_id : str
        The fit.
    differences : list of str
        What is another than it was, of machine and packages.

    Returns
    -------
    str
    """
    if replay.is_identical:
        return f"Fit {fit_id} was made again: every draw is identical, bit for bit."
    where = "; ".join(differences) or "the same machine, where draws must be identical"
    found = (
        f"the largest difference of {replay.n_compared} summaries is {replay.largest:.1f} Monte "
        f"Carlo standard errors ({replay.where}); chance explains {replay.limit:.1f}"
    )
    if is_reproduced(replay, differences):
        return f"Fit {fit_id} was made again with other draws, on {where}: {found}."
    return (
        f"Fit {fit_id} must be the same when it is made again; on {where}, {found}. Its "
        "receipt.json says what it was made with."
    )


def _find_differences(model: Model, fit_id: str) -> list[str]:
    """Say what is another than when a fit was made."""
    receipt = model.fits.read_receipt(fit_id)
    if receipt is None:
        return ["a machine that is not known, for the fit has no receipt"]
    now = {"machine": describe_machine(), "packages": list_packages()}
    return find_differences(receipt, now)


def _fit_again(kept: ConvergedFit, context: dg.OpExecutionContext) -> ConvergedFit:
    """Fit what is kept, with the settings that made its draws."""
    from mmm_pipeline.model.fit import fit_model

    context.log.info("Compiling the model; sampling follows.")
    trace = fit_model(
        kept.spec,
        kept.features,
        lambda progress: context.log.info(str(progress)),
        read_sampling(kept.trace),
    )
    return admit(trace, kept.spec)
