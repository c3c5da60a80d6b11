"""From nothing to a refreshed base, by the real client."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_iris
from tests.openml_server import packaged_content

from headstart import read_table
from headstart.base import Configuration, TaskKind
from headstart.exceptions import TableError
from headstart.meta.identity import dataset_uid
from headstart.meta.openml import RefreshError
from headstart.meta.records import CellStatus, EvaluationRecord


def paths(server, word):
    return [path for path in server.calls if word in path]


@pytest.fixture
def whole(bench):
    return bench.serve(packaged_content())


@pytest.mark.parametrize("suite", [99, "OpenML-CC18"])
def test_a_suite_is_known_by_number_and_by_alias(bench, base, whole, suite):
    report = bench.refresh(base, suite=suite)
    assert (report.suite_id, report.n_tasks, report.n_datasets) == (99, 3, 3)
    assert report.left_out == ()
    names = {record.name: record for record in base.datasets()}
    assert set(names) == {"iris", "wdbc", "optdigits"}
    assert names["wdbc"].kind is TaskKind.BINARY
    assert names["wdbc"].source == "openml:1510"
    digits = names["optdigits"]
    assert (digits.n_rows, digits.n_features, digits.n_classes) == (360, 64, 10)


def test_a_table_has_one_uid_from_openml_and_from_a_csv_file(
    bench, base, whole, tmp_path
):
    bench.refresh(base, suite=99, limit=2)
    iris = load_iris()
    rows = [
        ",".join([*map(str, row), f"Iris-{iris.target_names[code]}"])
        for row, code in zip(iris.data, iris.target, strict=True)
    ]
    header = "sepallength,sepalwidth,petallength,petalwidth,class"
    path = tmp_path / "iris.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    uid = dataset_uid(read_table(path), "class", TaskKind.MULTICLASS)
    assert uid in {record.uid for record in base.datasets()}


def test_a_regression_suite_brings_numbers_to_predict(bench, base, whole):
    bench.refresh(base, suite=269)
    records = base.datasets()
    assert {r.kind for r in records} == {TaskKind.REGRESSION}
    # The same dataset with another target is another one.
    assert {r.name: r.n_features for r in records} == {
        "diabetes-progression": 10,
        "iris": 4,
    }


def test_qualities_are_kept_as_the_server_has_them(bench, base, whole):
    bench.refresh(base, suite=269)
    uid = {record.name: record.uid for record in base.datasets()}["iris"]
    (features,) = [m for m in base.meta_features("openml") if m.dataset_uid == uid]
    assert features.values["NumberOfInstances"] == 150
    # Computed for the default target, the species.
    assert features.values["NumberOfClasses"] == 3
    assert features.values["MajorityClassPercentage"] == pytest.approx(100 / 3)
    (other,) = [m for m in base.meta_features("openml") if m.dataset_uid != uid]
    assert math.isnan(other.values["MajorityClassSize"])


def test_evaluations_come_with_setups_in_our_own_words(bench, base, whole):
    flows = (6969, 6970, 7707, 12_345)
    report = bench.refresh(base, suite=99, evaluations=True, flows=flows)
    expected = [
        run
        for run in packaged_content().runs
        if run.task_id in (28, 59, 9946)
        and packaged_content().setup_of[run.setup_id].flow_id in (6969, 7707)
    ]
    evaluations = {e.run_id: e for e in base.foreign_evaluations()}
    assert set(evaluations) == {run.run_id for run in expected}
    for run in expected:
        assert evaluations[run.run_id].value == run.scores["area_under_roc_curve"]
    uids = {record.uid for record in base.datasets()}
    assert {e.dataset_uid for e in evaluations.values()} == uids
    assert report.n_evaluations == len(expected)
    reasons = dict(report.left_out)
    assert "no rule maps it" in reasons["flow 6970"]
    assert reasons["flow 12345"] == "unknown"


def test_setups_that_cannot_be_expressed_have_no_configuration(bench, base, whole):
    report = bench.refresh(base, suite=99, evaluations=True)
    setups = {s.setup_id: s for s in base.foreign_setups()}
    assert setups[500].configuration == Configuration(
        "random_forest",
        {"max_features": "sqrt", "min_samples_leaf": 1, "criterion": "gini"},
    )
    assert setups[503].configuration is None, "trees of two levels"
    assert setups[507].configuration == Configuration("svm", {"C": 10.0, "gamma": 1.0})
    assert setups[509].configuration is None, "a linear kernel"
    assert report.n_mapped == sum(s.configuration is not None for s in setups.values())
    assert setups[500].parameters[
        "sklearn.ensemble._forest.RandomForestClassifier(1)_criterion"
    ] == '"gini"'  # fmt: skip


def test_a_regression_gets_evaluations_of_regressors_only(bench, base, whole):
    bench.refresh(base, suite=269, evaluations=True, flows=(6969, 90_013))
    evaluations = base.foreign_evaluations()
    assert {e.flow_id for e in evaluations} == {90_013}
    assert {e.function for e in evaluations} == {"root_mean_squared_error"}


def test_pages_are_read_to_the_end_and_each_run_is_kept_once(bench, base, whole):
    bench.refresh(base, suite=99, evaluations=True, page_size=4)
    runs = [e.run_id for e in base.foreign_evaluations()]
    expected = [
        run.run_id
        for run in packaged_content().runs
        if run.task_id in (28, 59, 9946)
        and packaged_content().setup_of[run.setup_id].flow_id in (6969, 7707)
    ]
    assert sorted(runs) == sorted(expected)


def test_a_second_refresh_downloads_nothing_and_changes_nothing(bench, base, whole):
    bench.refresh(base, suite=99)
    before = base.digest()
    whole.calls.clear()
    report = bench.refresh(base, suite=99)
    assert base.digest() == before
    assert (report.n_datasets, report.n_unchanged) == (0, 3)
    assert paths(whole, "/download/") == []
    assert paths(whole, "/qualities/") == []


def test_our_own_evaluations_land_with_their_dataset(bench, base, whole):
    evaluated = []

    def evaluate(record, table, target):
        evaluated.append((record.name, table.shape, target))
        yield EvaluationRecord(
            record.uid,
            Configuration("ridge", {"n_knots": 0}),
            ("accuracy",),
            np.array([[0.5], [0.75]], dtype=np.float32),
            0.1,
            0.01,
            CellStatus.OK,
            origin="local",
        )

    report = bench.refresh(base, evaluate, suite=99, limit=2)
    assert evaluated == [("optdigits", (360, 65), "class"), ("iris", (150, 5), "class")]
    assert report.n_own_evaluations == 2
    scores = {e.dataset_uid: e.scores.tolist() for e in base.evaluations()}
    assert set(scores) == {record.uid for record in base.datasets()}
    assert set(map(str, scores.values())) == {"[[0.5], [0.75]]"}


@pytest.mark.parametrize("error", [TableError, TypeError])
def test_a_dataset_that_cannot_be_evaluated_lands_without_and_is_named(
    bench, base, whole, error
):
    asked = []

    def evaluate(record, table, target):
        asked.append(record.name)
        if record.name == "iris":
            raise error("no such thing")
        return ()

    report = bench.refresh(base, evaluate, suite=99)

    assert asked == ["optdigits", "iris", "wdbc"]
    assert len(base.datasets()) == 3
    (left_out,) = report.left_out
    assert "own evaluations of iris" in left_out[0]
    assert left_out[1] == f"{error.__name__}: no such thing"


def test_progress_is_told_step_by_step(bench, base, whole):
    steps = []
    bench.refresh(base, progress=steps.append, suite=99)
    assert [(p.stage, p.done, p.total) for p in steps] == [
        ("datasets", 1, 3),
        ("datasets", 2, 3),
        ("datasets", 3, 3),
        ("base", 1, 1),
    ]


def test_the_log_says_what_was_asked_and_what_came(bench, base):
    server = bench.serve()
    bench.refresh(base)
    log = {fetch.key: fetch for fetch in base.fetches(server.url)}
    assert {"study/99", "data/61", "data/features/61", "data/qualities/61"} <= set(log)
    assert {fetch.outcome for fetch in log.values()} == {"ok"}
    assert all(len(fetch.sha256) == 64 for fetch in log.values())


def test_staging_is_gone_when_all_has_landed(bench, base):
    bench.serve()
    bench.refresh(base)
    assert not (bench.folder / "staging").exists()


def test_an_unknown_suite_is_named(bench, base):
    bench.serve()
    with pytest.raises(RefreshError, match=r"no suite 'nonsense'.*alias"):
        bench.refresh(base, suite="nonsense")


def test_tasks_that_are_not_there_are_left_out_with_the_reason(bench, base):
    from dataclasses import replace

    from tests.openml_server.content import Suite

    content = packaged_content()
    suite = Suite(99, "OpenML-CC18", "With a gap", (59, 4711))
    bench.serve(replace(content, suites=(suite,)))
    report = bench.refresh(base)
    assert report.n_datasets == 1
    ((what, why),) = report.left_out
    assert what == "task 4711"
    assert "code 151" in why
