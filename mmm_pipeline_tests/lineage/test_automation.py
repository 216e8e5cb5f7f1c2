from pathlib import Path

import dagster as dg
import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline_tests.factories import make_raw, make_spec
from mmm_pipeline_tests.lineage.projects import make_project


def make_defs(root: Path, **refit: object) -> dg.Definitions:
    spec = make_spec(refit=refit) if refit else make_spec()
    return build_model_defs(spec, project=make_project(root, make_raw()))


def test_a_model_has_a_job_and_no_automation_unless_it_asks(tmp_path: Path) -> None:
    defs = make_defs(tmp_path)

    assert defs.resolve_job_def("acme__refit")
    assert not defs.schedules
    assert not defs.sensors


def test_a_cron_becomes_a_running_schedule(tmp_path: Path) -> None:
    schedule = make_defs(tmp_path, cron="0 6 * * 1").resolve_schedule_def("acme__refit_schedule")

    assert schedule.cron_schedule == "0 6 * * 1"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "acme__refit"


def test_a_schedule_that_cron_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="must be a schedule that cron knows; got '99 25"):
        make_defs(tmp_path, cron="99 25 * * *")


def look(defs: dg.Definitions, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    sensor = defs.resolve_sensor_def("acme__new_data_sensor")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    result = sensor(dg.build_sensor_context(cursor=cursor))
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def settle(defs: dg.Definitions, cursor: str | None) -> dg.SensorResult:
    """Two looks at the same content."""
    first = look(defs, cursor)
    assert isinstance(first, dg.SensorResult)
    assert not first.run_requests
    second = look(defs, first.cursor)
    assert isinstance(second, dg.SensorResult)
    return second


def test_new_content_is_fitted_once_it_has_settled(tmp_path: Path) -> None:
    defs = make_defs(tmp_path, on_new_data=True)

    launched = settle(defs, None)

    assert len(launched.run_requests or []) == 1
    assert isinstance(look(defs, launched.cursor), dg.SkipReason)


def test_the_same_bytes_delivered_again_launch_nothing(tmp_path: Path) -> None:
    defs = make_defs(tmp_path, on_new_data=True)
    launched = settle(defs, None)
    file = tmp_path / "data" / "acme.csv"

    file.write_bytes(file.read_bytes())

    assert isinstance(look(defs, launched.cursor), dg.SkipReason)


def test_content_that_comes_back_is_fitted_again(tmp_path: Path) -> None:
    defs = make_defs(tmp_path, on_new_data=True)
    first = settle(defs, None)
    file = tmp_path / "data" / "acme.csv"
    original = file.read_bytes()
    file.write_bytes(original + b"2024-07-29,1000,1,1\n")
    second = settle(defs, first.cursor)
    file.write_bytes(original)

    third = settle(defs, second.cursor)

    keys = [
        result.run_requests[0].run_key for result in (first, second, third) if result.run_requests
    ]
    assert len(set(keys)) == 3


def test_a_source_that_is_gone_is_a_reason_to_wait(tmp_path: Path) -> None:
    defs = make_defs(tmp_path, on_new_data=True)
    (tmp_path / "data" / "acme.csv").unlink()

    found = look(defs, None)

    assert isinstance(found, dg.SkipReason)
    assert "there is no" in str(found.skip_message)


@pytest.mark.parametrize("refit", [{"cron": "0 6 * * 1", "on_new_data": True}])
def test_both_can_be_asked_for(refit: dict[str, object], tmp_path: Path) -> None:
    defs = make_defs(tmp_path, **refit)

    dg.Definitions.validate_loadable(defs)
    assert len(defs.schedules or []) == len(defs.sensors or []) == 1
