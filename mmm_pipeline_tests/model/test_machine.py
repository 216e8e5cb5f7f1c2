import json

from mmm_pipeline.model.machine import describe_machine, find_differences, list_packages


def test_a_machine_is_described_in_plain_data() -> None:
    machine = describe_machine()

    assert json.loads(json.dumps(machine)) == machine
    assert machine["cpu"]
    assert machine["memory_bytes"] is None or machine["memory_bytes"] > 10**8


def test_what_draws_must_be_the_same_and_all_else_may_differ() -> None:
    packages = list_packages()
    now = {"machine": describe_machine(), "packages": packages}

    assert {"numpy", "nutpie", "numba"} <= set(packages)
    assert find_differences(now, now) == []
    plots = {**now, "packages": {**packages, "matplotlib": "0", "nutpie": "0"}}
    assert find_differences(plots, now) == [f"nutpie 0 then, {packages['nutpie']} now"]
    other = {**now, "machine": {**now["machine"], "cpu": "abacus", "cores": 99}}
    assert find_differences(other, now) == [f"cpu abacus then, {now['machine']['cpu']} now"]
