import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import CellStatus
from headstart.meta.store import LayeredBase
from headstart.meta.store.evidence import LOOKUP, Bounds, candidate_metrics

BINARY = frozenset({TaskKind.BINARY})
NAN = float("nan")


def test_losses_are_means_over_folds_and_lower_is_better(base, kit):
    base.add([kit.dataset(), kit.evaluation(scores=[[0.5, 0.9], [0.7, 0.7]])])

    assert base.evidence(BINARY, "log_loss").losses == pytest.approx(0.6)
    assert base.evidence(BINARY, "roc_auc").losses == pytest.approx(-0.8)


def test_cells_that_were_not_tried_and_cells_that_failed_differ(base, kit):
    other = kit.ridge(2.0)
    base.add([kit.dataset("a"), kit.dataset("b")])
    base.add([kit.evaluation("a"), kit.failure("a", other), kit.evaluation("b")])

    evidence = base.evidence(BINARY, "log_loss")

    assert evidence.names == ("a", "b")
    assert evidence.configurations == (kit.ridge(1.0), other)
    assert evidence.losses[0].tolist() == [pytest.approx(0.6), np.inf]
    assert np.isnan(evidence.losses[1]).tolist() == [False, True]
    assert evidence.seconds[0, 0] == 0.25
    assert np.isnan(evidence.seconds[1]).tolist() == [False, True]
    assert not evidence.is_proxy


def test_seconds_of_failures_do_not_count_and_those_of_time_outs_do(base, kit):
    cells = [
        kit.evaluation(configuration=kit.ridge(1.0), fit_seconds=10.0),
        kit.failure(configuration=kit.ridge(2.0), fit_seconds=0.0),
        kit.failure(
            configuration=kit.ridge(3.0), fit_seconds=20.0, status=CellStatus.TIMEOUT
        ),
    ]
    base.add([kit.dataset(), *cells])

    evidence = base.evidence(BINARY, "log_loss")

    assert np.isinf(evidence.losses[0]).tolist() == [False, True, True]
    np.testing.assert_array_equal(evidence.seconds[0], [10.0, NAN, 20.0])


def test_a_fold_without_a_score_is_left_out_of_the_mean(base, kit):
    base.add([kit.dataset(), kit.evaluation(scores=[[0.5, NAN], [0.7, 0.7]])])

    assert base.evidence(BINARY, "roc_auc").losses == pytest.approx(-0.7)


def test_datasets_of_other_kinds_are_left_out(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b", kind=TaskKind.MULTICLASS)])
    base.add([kit.evaluation("a"), kit.evaluation("b")])

    assert base.evidence(BINARY, "log_loss").names == ("a",)
    both = BINARY | {TaskKind.MULTICLASS}
    assert base.evidence(both, "log_loss").names == ("a", "b")


def test_datasets_on_which_nothing_succeeded_are_left_out(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b"), kit.dataset("c")])
    base.add([kit.evaluation("a"), kit.failure("b")])

    assert base.evidence(BINARY, "log_loss").names == ("a",)


def test_configurations_of_learners_not_installed_are_left_out(base, kit):
    old, new = kit.ridge(1.0, version=1), kit.ridge(1.0, version=2)
    base.add([kit.dataset(), kit.evaluation("iris", old), kit.evaluation("iris", new)])

    def configurations(**learners):
        return base.evidence(BINARY, "log_loss", learners=learners).configurations

    assert configurations(ridge=2) == (new,)
    assert configurations(ridge=3) == ()
    assert configurations(forest=1) == ()


@pytest.mark.parametrize("metric", ["f1", "profit of last year"])
def test_a_metric_that_the_base_lacks_has_a_proxy(base, kit, metric):
    base.add([kit.dataset(), kit.evaluation()])

    evidence = base.evidence(BINARY, metric)

    assert (evidence.metric, evidence.is_proxy) == ("log_loss", True)


def test_a_custom_metric_is_never_taken_for_another_of_its_name(base, kit):
    base.add([kit.dataset(), kit.evaluation(metrics=("profit", "accuracy"))])

    evidence = base.evidence(BINARY, "profit")

    assert (evidence.metric, evidence.is_proxy) == ("accuracy", True)


def test_a_metric_that_few_datasets_have_gives_way_to_a_proxy(base, kit):
    for i in range(5):
        base.add([kit.dataset(f"d{i}"), kit.evaluation(f"d{i}")])
    base.add([kit.evaluation("d0", kit.ridge(3.0), metrics=("f1", "log_loss"))])

    evidence = base.evidence(BINARY, "f1")

    assert (evidence.metric, len(evidence.names)) == ("log_loss", 5)


def test_proxies_fit_the_kind():
    assert candidate_metrics("profit", {TaskKind.REGRESSION}) == ("rmse", "mae", "r2")
    assert candidate_metrics("accuracy", {TaskKind.MULTICLASS})[0] == "accuracy"


def test_an_empty_base_gives_empty_evidence(base):
    evidence = base.evidence(BINARY, "roc_auc")

    assert (evidence.metric, evidence.is_proxy) == ("roc_auc", False)
    assert evidence.losses.shape == (0, 0)
    assert evidence.features.shape == (0, 0)


def test_a_success_counts_more_than_a_failure_and_more_rows_than_fewer(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b")])
    base.add([kit.evaluation("a", n_rows=100), kit.failure("a", n_rows=150)])
    base.add(
        [
            kit.evaluation("b", n_rows=100),
            kit.evaluation("b", n_rows=150, seed=1, scores=[[0.1, 0.9]]),
        ]
    )

    evidence = base.evidence(BINARY, "log_loss")

    assert evidence.losses.ravel() == pytest.approx([0.6, 0.1])
    assert evidence.n_rows.tolist() == [100.0, 150.0]


def test_equal_evaluations_of_one_cell_are_averaged(base, kit):
    base.add([kit.dataset()])
    base.add([kit.evaluation(scores=[[0.2, 0.9]], fit_seconds=1.0)])
    base.add([kit.evaluation(scores=[[0.4, 0.9]], seed=1, fit_seconds=3.0)])

    evidence = base.evidence(BINARY, "log_loss")

    assert evidence.losses == pytest.approx(0.3)
    assert evidence.seconds == pytest.approx(2.0)


def test_seconds_that_are_not_known_are_nan(base, kit):
    base.add([kit.dataset(), kit.evaluation(fit_seconds=NAN)])

    assert np.isnan(base.evidence(BINARY, "log_loss").seconds).all()


def test_a_fold_fit_that_ended_well_without_any_score_says_nothing(base, kit):
    base.add(
        [
            kit.dataset(),
            kit.evaluation(),
            kit.evaluation(
                configuration=kit.ridge(2.0), scores=[[NAN, NAN]], status=CellStatus.OK
            ),
        ]
    )

    assert base.evidence(BINARY, "log_loss").configurations == (kit.ridge(1.0),)


def test_meta_features_are_a_row_a_dataset_and_nan_where_not_known(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b"), kit.dataset("c")])
    base.add([kit.evaluation("a"), kit.evaluation("b"), kit.evaluation("c")])
    base.add([kit.features("a", x=1.0, y=NAN), kit.features("b", y=4.0)])

    evidence = base.evidence(BINARY, "log_loss")

    assert evidence.feature_names == ("x", "y")
    assert np.array_equal(
        evidence.features, [[1.0, NAN], [NAN, 4.0], [NAN, NAN]], equal_nan=True
    )


def test_sources_and_versions_of_meta_features_are_not_mixed(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b"), kit.evaluation("a")])
    base.add([kit.evaluation("b"), kit.features("a", version=1, x=1.0)])
    base.add([kit.features("a", version=2, x=2.0), kit.features("b", version=2, x=3.0)])
    base.add([kit.features("b", source="openml", x=9.0)])

    def column(**asked):
        return base.evidence(BINARY, "log_loss", **asked).features[:, 0].tolist()

    assert column() == [2.0, 3.0]
    assert column(source="openml") == [pytest.approx(NAN, nan_ok=True), 9.0]


def test_the_order_of_adding_changes_nothing(new_base, kit):
    records = [kit.dataset("a"), kit.dataset("b"), kit.features("a", x=1.0)]
    records += [
        kit.evaluation(name, kit.ridge(alpha), scores=[[alpha, 0.5]])
        for name in ("a", "b")
        for alpha in (1.0, 2.0, 3.0)
    ]

    one = new_base(records).evidence(BINARY, "log_loss")
    other = new_base(records[::-1]).evidence(BINARY, "log_loss")

    assert one.names == other.names
    assert one.configurations == other.configurations
    assert np.array_equal(one.losses, other.losses)
    assert np.array_equal(one.features, other.features, equal_nan=True)


@pytest.mark.parametrize(
    "damage",
    [
        "update evaluations set scores = x'00'",
        "update evaluations set scores = 'text'",
        "update evaluations set scores = 3",
        "update evaluations set status = x'00'",
        "update evaluations set metrics = 999",
        "update evaluations set n_rows = -1",
        "update evaluations set n_rows = 'many'",
        "update evaluations set fit_seconds = 'long'",
        "update texts set text = '3' where text like '[%'",
        "update texts set text = char(27) where text not like '[%'",
        "update configurations set json = '{'",
        """update configurations set json = '{"learner":1}'""",
        "update datasets set n_rows = -1",
        "update datasets set name = x'ff'",
        "update meta_features set numbers = x'0000'",
        "update meta_features set numbers = 'text'",
        "update meta_features set names = 999",
    ],
)
def test_rows_that_make_no_sense_are_said_to_be_damaged(base, kit, tmp_path, damage):
    base.add([kit.dataset(), kit.features(), kit.evaluation()])
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute(damage)
    other.commit()
    other.close()

    with pytest.raises(KnowledgeBaseError, match="damaged"):
        base.evidence(BINARY, "log_loss")


def test_infinite_numbers_in_a_file_are_not_taken_for_results(base, kit, tmp_path):
    base.add([kit.dataset(), kit.evaluation(), kit.features(x=1.0)])
    infinite = np.full((2, 2), np.inf, "<f4").tobytes()
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute("update evaluations set scores = ?", (infinite,))
    other.execute("update evaluations set fit_seconds = 9e999")
    other.commit()
    other.close()

    assert base.evidence(BINARY, "log_loss").losses.size == 0


ALL = Bounds(n_evaluations=10**6, n_datasets=10**6, n_configurations=10**6)


def learn_from_runs(base, kit, n):
    """Add n runs: two configurations that all have, two that no other run has."""
    for number in range(n):
        losses = {1.0: 0.5, 2.0: 0.6, 10.0 + number: 0.1, 100.0 + number: 0.9}
        cells = [
            kit.evaluation(f"table {number}", kit.ridge(alpha), [[loss, 1 - loss]])
            for alpha, loss in losses.items()
        ]
        base.add([kit.dataset(f"table {number}"), *cells])


def alphas(gathered):
    return sorted(c.parameters["alpha"] for c in gathered.evidence.configurations)


@pytest.mark.parametrize("metric", ["log_loss", "roc_auc"])
def test_of_many_configurations_those_on_several_datasets_count_then_the_best(
    base, kit, metric
):
    learn_from_runs(base, kit, 4)

    gathered = base.gathered(BINARY, metric, bounds=replace(ALL, n_configurations=5))

    # Of those on one dataset each the best, of these the last.
    assert alphas(gathered) == [1.0, 2.0, 11.0, 12.0, 13.0]
    assert len(alphas(base.gathered(BINARY, metric))) == 10


def test_of_many_datasets_those_evaluated_last_count(base, kit):
    learn_from_runs(base, kit, 4)
    base.add([kit.evaluation("table 0", kit.ridge(7.0))])

    gathered = base.gathered(BINARY, "log_loss", bounds=replace(ALL, n_datasets=2))

    assert gathered.evidence.names == ("table 0", "table 3")
    assert 12.0 not in alphas(gathered)


def test_of_many_evaluations_of_a_kind_those_added_last_count(base, kit):
    learn_from_runs(base, kit, 3)
    base.add([kit.dataset("b", kind=TaskKind.MULTICLASS), kit.evaluation("b")])

    gathered = base.gathered(BINARY, "log_loss", bounds=replace(ALL, n_evaluations=4))

    assert gathered.evidence.names == ("table 2",)


def test_configurations_of_other_learners_take_no_place(base, kit):
    learn_from_runs(base, kit, 2)
    others = [kit.ridge(float(n), version=2) for n in range(9)]
    base.add(kit.evaluation(f"table {n}", c) for n in range(2) for c in others)

    gathered = base.gathered(
        BINARY,
        "log_loss",
        learners={"ridge": 1},
        bounds=replace(ALL, n_configurations=3),
    )

    assert alphas(gathered) == [1.0, 2.0, 11.0]


def test_a_lookup_is_bounded_however_much_a_base_holds(base, kit):
    n = LOOKUP.n_configurations
    base.add([kit.dataset("a"), kit.dataset("b")])
    base.add(kit.evaluation("a", kit.ridge(float(i))) for i in range(n + 50))
    base.add(kit.evaluation("b", kit.ridge(float(i))) for i in range(20))

    evidence = base.evidence(BINARY, "log_loss")

    assert evidence.losses.shape == (2, n)
    assert (~np.isnan(evidence.losses)).all(axis=0).sum() == 20
    with LayeredBase.open(None, base.place) as layered:
        assert layered.evidence(BINARY, "log_loss").losses.shape == (2, n)


@pytest.mark.parametrize(
    "newer",
    [
        "update evaluations set status = 'paused' where n_rows = 7",
        "update datasets set kind = 'ranking' where name = 'new'",
        "update configurations set json = replace(json, '{\"learner', "
        '\'{"device":"gpu","learner\') where json like \'%7.0%\'',
    ],
)
def test_what_a_newer_version_wrote_is_left_out_of_evidence_and_named_elsewhere(
    base, kit, tmp_path, newer
):
    base.add([kit.dataset(), kit.evaluation(), kit.dataset("new")])
    base.add([kit.evaluation("new", kit.ridge(7.0), n_rows=7)])
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute(newer)
    other.commit()
    other.close()

    assert base.evidence(BINARY, "log_loss").names == ("iris",)
    with pytest.raises(KnowledgeBaseError, match=r"newer headstart.*upgrade") as caught:
        base.export(tmp_path / "export.jsonl")
    assert "damaged" not in str(caught.value)


def test_a_base_that_was_migrated_since_it_was_opened_is_not_written(
    base, kit, tmp_path
):
    other = sqlite3.connect(tmp_path / "base.db")
    other.execute("update meta set value = '2' where name = 'schema_version'")
    other.commit()
    other.close()

    with pytest.raises(KnowledgeBaseError, match="version 2 of the schema"):
        base.add([kit.dataset()])
