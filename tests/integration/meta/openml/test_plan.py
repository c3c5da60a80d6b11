"""The dry run says what a refresh would do, and asks for no data."""

import pytest
from tests.openml_server import Fault, faults, packaged_content

from headstart.meta.openml import RefreshError, plan_refresh


@pytest.fixture
def server(bench):
    return bench.serve(packaged_content())


def test_a_plan_asks_for_the_suite_and_its_tasks_only(bench, server):
    plan = plan_refresh(bench.options())
    assert plan.suite_name == "OpenML-CC18 Curated Classification"
    assert [task.name for task in plan.tasks] == ["optdigits", "iris", "wdbc"]
    assert [task.n_rows for task in plan.tasks] == [360, 150, 569]
    words = [path.split("/")[4] for path in server.calls]
    assert words == ["study", "task", "estimationprocedure"]


def test_a_plan_counts_the_calls_that_a_refresh_makes(bench, base, server):
    plan = plan_refresh(bench.options())
    server.calls.clear()
    bench.refresh(base)
    assert plan.n_calls == len(server.calls)


def test_a_plan_counts_at_least_the_calls_for_evaluations(bench, base, server):
    plan = plan_refresh(bench.options(evaluations=True))
    server.calls.clear()
    report = bench.refresh(base, evaluations=True)
    assert plan.n_calls == len(server.calls) == report.n_calls


def test_a_plan_says_how_long_the_pace_alone_takes(bench, server):
    plan = plan_refresh(bench.options(calls_per_second=100.0))
    assert plan.n_calls == 15
    assert plan.seconds == 1


def test_a_plan_says_what_will_be_left_out(bench, server):
    plan = plan_refresh(bench.options(max_cells=10_000))
    reasons = {task.name: task.left_out for task in plan.tasks}
    assert reasons["iris"] == ""
    assert reasons["optdigits"] == "23,400 values are more than 10,000"
    assert plan.calls["data"] == 1


def test_a_limit_takes_the_first_tasks_of_the_suite(bench, server):
    plan = plan_refresh(bench.options(limit=2))
    assert [task.task_id for task in plan.tasks] == [28, 59]


def test_a_plan_of_a_server_that_fails_says_so(bench, server):
    server.faults.add(Fault("study", faults.drop, times=9))
    with pytest.raises(RefreshError, match="suite 99"):
        plan_refresh(bench.options())
