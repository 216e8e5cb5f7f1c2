from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.errors import GateError, NotConvergedError, StaleFitError
from mmm_pipeline.gate import ConvergedFit, Examination, admit, require_converged
from mmm_pipeline.gate.diagnostics import measure
from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.model.trace import note_prespecification
from mmm_pipeline.spec import GateLimits, Media, ModelSpec, Prespecification
from mmm_pipeline_tests.factories import make_numbers, make_posterior, make_trace


def test_a_converged_fit_passes(fit: ConvergedFit) -> None:
    assert fit.verdict.failures == {}


def make_unmixed(spec: ModelSpec, features: xr.Dataset) -> xr.DataTree:
    posterior = make_posterior(spec, features)
    apart = posterior["roas"] + xr.DataArray(np.arange(4.0), dims="chain")
    diverging = np.zeros((4, posterior.sizes["draw"]), dtype=bool)
    diverging[0, :3] = True
    return make_trace(spec, features, posterior.assign(roas=apart), diverging=diverging)


def test_a_fit_that_broke_a_limit_is_refused_with_its_numbers(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    trace = make_unmixed(spec, features)

    with pytest.raises(NotConvergedError, match=r"R-hat reaches.*3 divergent") as caught:
        admit(trace, spec)

    assert len(caught.value.failures) == 3
    assert caught.value.fit_id == trace.attrs["fit_id"]


def test_numbers_that_were_made_up_are_refused(spec: ModelSpec, features: xr.Dataset) -> None:
    trace = make_unmixed(spec, features)
    forged = measure(trace).model_copy(
        update={"max_rhat": 1.001, "min_ess_bulk": 900.0, "min_ess_tail": 900.0, "divergences": 0}
    )

    with pytest.raises(StaleFitError, match="their numbers are others"):
        require_converged(trace, forged, spec)


def test_the_limits_are_those_of_the_spec_as_it_is_now(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    stricter = spec.model_copy(update={"gate": GateLimits(min_ess=100_000)})

    with pytest.raises(NotConvergedError):
        require_converged(trace, examination.numbers, stricter)


def test_diagnostics_of_another_fit_are_refused(trace: xr.DataTree, spec: ModelSpec) -> None:
    with pytest.raises(StaleFitError, match="must speak of the fit that is read"):
        require_converged(trace, make_numbers(), spec)


def test_draws_that_were_exchanged_are_refused(
    features: xr.Dataset, examination: Examination, spec: ModelSpec
) -> None:
    trace = make_trace(spec, features)
    posterior = trace["/posterior"].to_dataset()
    trace["/posterior"] = xr.DataTree(posterior.assign(roas=posterior["roas"] * np.float64(1.5)))

    with pytest.raises(StaleFitError, match="must be what its fit_id"):
        require_converged(trace, examination.numbers, spec)


def test_a_spec_that_describes_another_model_is_refused(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    other = spec.model_copy(update={"trend": "none"})

    with pytest.raises(StaleFitError, match=r"`trend` was 'linear' and is 'none'\. Materialise"):
        require_converged(trace, examination.numbers, other)


def test_a_fit_with_other_channels_is_refused_by_their_names(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    media = {"tv": spec.media["tv"], "radio": Media(), "podcast": Media()}
    other = spec.model_copy(update={"media": media})

    with pytest.raises(StaleFitError) as caught:
        require_converged(trace, examination.numbers, other)

    for words in ("search` was taken out", "radio` was added", "podcast` was added"):
        assert f"`media.{words}" in str(caught.value)


def test_a_spec_with_another_target_is_refused(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    other = spec.model_copy(update={"data": spec.data.model_copy(update={"target": "orders"})})

    with pytest.raises(StaleFitError, match=r"`data\.target` was 'sales' and is 'orders'"):
        require_converged(trace, examination.numbers, other)


def test_a_fit_of_other_code_is_refused(
    trace: xr.DataTree,
    examination: Examination,
    spec: ModelSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mmm_pipeline.gate import converged

    monkeypatch.setattr(converged, "list_versions", lambda *_: {"mmm_pipeline.model": "changed"})

    with pytest.raises(StaleFitError, match="by the code that reads it"):
        require_converged(trace, examination.numbers, spec)


def test_a_fit_of_other_versions_is_read_and_said(
    features: xr.Dataset, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = list_versions()
    with monkeypatch.context() as patch:
        older = installed | {"pymc": "6.0.0", "nutpie": "0.1.0"}
        patch.setattr("mmm_pipeline.model.trace.list_versions", lambda *_: older)
        trace = make_trace(spec, features)

    fit = admit(trace, spec)

    assert fit.warnings == (
        f"Fit {fit.fit_id} was made with pymc 6.0.0; {installed['pymc']} is installed",
        f"Fit {fit.fit_id} was made with nutpie 0.1.0; {installed['nutpie']} is installed",
    )


def test_a_fit_of_the_installed_versions_has_nothing_to_say(fit: ConvergedFit) -> None:
    assert fit.warnings == ()


def test_decisions_that_changed_after_the_fit_are_deviations_too(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    first = Prespecification.take(spec, datetime(2026, 1, 5, tzinfo=UTC))
    noted = note_prespecification(trace, first, first.list_deviations(spec))
    looser = spec.model_copy(update={"gate": GateLimits(max_rhat=1.02)})

    assert require_converged(noted, examination.numbers, spec).deviations == ()
    assert require_converged(noted, examination.numbers, looser).deviations == (
        "`gate.max_rhat` was 1.01 and is 1.02",
    )


def test_a_fit_from_outside_the_lineage_has_no_prespecification(fit: ConvergedFit) -> None:
    assert fit.prespecification is None
    assert fit.deviations == ()


def test_a_prespecification_that_cannot_be_read_is_told(
    trace: xr.DataTree, examination: Examination, spec: ModelSpec
) -> None:
    broken = trace.copy()
    broken.attrs["prespecification"] = "{}"

    with pytest.raises(StaleFitError, match="Materialise acme/fitted_trace again"):
        _ = require_converged(broken, examination.numbers, spec).deviations


def test_a_fit_of_a_spec_that_can_no_longer_be_read_is_refused(
    features: xr.Dataset, examination: Examination, spec: ModelSpec
) -> None:
    trace = make_trace(spec, features)
    trace.attrs["spec"] = '{"name": "acme", "gone": 1}'

    with pytest.raises(StaleFitError, match="from a spec that can be read"):
        require_converged(trace, examination.numbers, spec)


def test_there_is_no_way_around_the_constructor(spec: ModelSpec, features: xr.Dataset) -> None:
    trace = make_unmixed(spec, features)

    with pytest.raises(GateError):
        ConvergedFit(trace, measure(trace), spec)
