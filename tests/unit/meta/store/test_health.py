import sqlite3

import pytest

from headstart.base import TaskKind
from headstart.meta.records import CellStatus
from headstart.meta.store import doctor, verify


def change(path, statement):
    db = sqlite3.connect(path)
    db.execute(statement)
    db.commit()
    db.close()


def test_doctor_counts_what_is_there_and_what_is_not(base, kit):
    base.add([kit.dataset("a"), kit.dataset("b"), kit.dataset("c"), kit.dataset("d")])
    base.add([kit.features("a"), kit.evaluation("a"), kit.evaluation("b")])
    base.add([kit.failure("a", kit.ridge(2.0)), kit.failure("c")])
    base.add([kit.failure("b", kit.ridge(3.0), status=CellStatus.TIMEOUT)])

    health = doctor(base)

    assert (health.n_datasets, health.n_evaluations) == (4, 5)
    (coverage,) = health.coverage
    assert (coverage.kind, coverage.n_datasets) == (TaskKind.BINARY, 2)
    assert coverage.n_configurations == 3
    assert coverage.share == pytest.approx(4 / 6)
    assert health.failures == {"ridge": {"crash": 2, "ok": 2, "timeout": 1}}
    assert health.without_evaluations == ("d",)
    assert health.without_meta_features == ("b", "c", "d")
    assert health.never_succeeded == ("c",)
    assert health.outliers == ()
    assert health.conflicts == ()


def test_doctor_finds_scores_that_cannot_be(base, kit):
    base.add([kit.dataset(), kit.evaluation(scores=[[-0.5, 1.5]])])

    outliers = [str(outlier) for outlier in doctor(base).outliers]

    assert len(outliers) == 2
    assert "log_loss of -0.5 is not between 0 and inf" in outliers[0]
    assert "roc_auc of 1.5" in outliers[1]


def test_doctor_finds_a_result_that_is_too_good(base, kit):
    base.add([kit.dataset("leaky"), kit.dataset("fine")])
    for alpha in range(10):
        score = 0.99 if alpha == 3 else 0.6 + 0.005 * alpha
        for name, roc_auc in {"leaky": score, "fine": 0.6 + 0.01 * alpha}.items():
            base.add(
                [kit.evaluation(name, kit.ridge(float(alpha)), scores=[[0.5, roc_auc]])]
            )

    (outlier,) = doctor(base).outliers

    assert outlier.dataset == "leaky"
    assert "alpha=3.0" in outlier.configuration
    assert "far ahead" in outlier.reason


def test_doctor_finds_seconds_out_of_line(base, kit):
    base.add(kit.dataset(f"d{i}") for i in range(6))
    base.add(
        kit.evaluation(
            f"d{i}",
            kit.ridge(float(j)),
            fit_seconds=2000.0 if (i, j) == (2, 4) else 0.01 * (i + 1) * (j + 1),
        )
        for i in range(6)
        for j in range(6)
    )

    (outlier,) = doctor(base).outliers

    assert (outlier.dataset, outlier.configuration) == ("d2", "ridge(alpha=4.0)")
    assert "2e+03 s per fold" in outlier.reason


def test_doctor_tells_conflicts(base, kit):
    base.add([kit.dataset(), kit.dataset(family="flowers")])

    assert len(doctor(base).conflicts) == 1


def test_a_sound_base_has_no_problems(base, kit):
    base.add([*kit.one_of_each(), kit.dataset(family="flowers")])

    assert verify(base) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "update evaluations set fit_seconds = 1 where status = 'ok'",
            "evaluations, row",
        ),
        ("update evaluations set origin = '' where status = 'ok'", "'origin'"),
        ("update evaluations set key_hash = 1 where status = 'ok'", "the key does not"),
        ("update datasets set n_rows = n_rows + 1", "datasets, row 1: the hash"),
        ("update meta_features set version = 9", "meta_features, row 1: the hash"),
        ("update foreign_evaluations set value = 1", "foreign_evaluations, row 1"),
        ("update foreign_setups set parameters = '{}'", "foreign_setups, row 1"),
        ("update fetch_log set outcome = 'x'", "fetch_log, row 1: the hash"),
        ("update texts set text = 'x' where text = 'test'", "texts, row"),
        ("update configurations set learner = 'x' where id = 1", "its columns differ"),
        ("update configurations set content = zeroblob(32) where id = 1", "the hash"),
        ("delete from datasets", "1 rows of dataset"),
        ("delete from foreign_setups", "nothing refers to it"),
        ("update evaluations set configuration = 99", "damaged"),
        ("delete from texts where text = 'test'", "damaged"),
    ],
)
def test_verify_finds_what_was_changed(base, kit, tmp_path, statement, words):
    base.add(kit.one_of_each())
    assert verify(base) == []

    change(tmp_path / "base.db", statement)

    problems = verify(base)
    assert any(words in problem for problem in problems), problems


def test_verify_finds_an_index_that_lost_a_row(new_base, kit, tmp_path):
    base = new_base(kit.evaluation(seed=i) for i in range(300))
    base.pack(tmp_path / "packed.db")
    db = sqlite3.connect(tmp_path / "packed.db")
    db.execute("pragma writable_schema = on")
    db.execute("delete from sqlite_master where name = 'evaluations_by_key'")
    db.commit()
    db.close()

    from headstart.meta.store import KnowledgeBase

    with KnowledgeBase.open(tmp_path / "packed.db", read_only=True) as packed:
        assert any("integrity_check" in problem for problem in verify(packed))
