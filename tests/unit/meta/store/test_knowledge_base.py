import os
import stat
import subprocess

import numpy as np
import pytest

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import EvaluationRecord
from headstart.meta.store import KnowledgeBase, verify


def test_what_was_added_is_read_back(base, kit):
    records = kit.one_of_each()

    added = base.add(records)

    dataset, features, evaluation, failure, foreign, setup, fetch = records
    assert (added.n_new, added.n_known, added.conflicts) == (7, 0, ())
    assert base.datasets() == [dataset]
    assert base.meta_features() == [features]
    assert base.foreign_evaluations() == [foreign]
    assert base.foreign_setups() == [setup]
    assert base.fetches("api") == [fetch]
    stored = {r.configuration: r for r in base.evaluations()}
    for record in (evaluation, failure):
        again = stored[record.configuration]
        for field in EvaluationRecord.__slots__:
            assert np.array_equal(getattr(again, field), getattr(record, field))


def test_seconds_and_values_that_are_not_known_come_back_as_nan(base, kit):
    base.add([kit.evaluation(fit_seconds=float("nan")), kit.features(a=float("nan"))])

    assert np.isnan(next(base.evaluations()).fit_seconds)
    assert np.isnan(base.meta_features()[0].values["a"])


def test_what_is_known_is_not_added_again(base, kit):
    base.add(kit.one_of_each())
    digest = base.digest()

    again = base.add(kit.one_of_each() * 2)

    assert (again.n_new, again.n_known) == (0, 14)
    assert base.digest() == digest


def test_more_records_than_are_written_at_once_are_all_there(base, kit):
    added = base.add(kit.evaluation(seed=i) for i in range(1201))

    assert added.n_new == 1201
    assert sorted(r.seed for r in base.evaluations()) == list(range(1201))


def test_a_conflict_keeps_both_with_their_origin_and_is_reported(base, kit):
    base.add([kit.evaluation()], origin="shipped")

    added = base.add([kit.evaluation(fit_seconds=9.0)], origin="server")

    assert added.n_new == 1
    (conflict,) = added.conflicts
    assert conflict.origins == ("shipped", "server")
    assert "ridge(alpha=1.0)" in str(conflict)
    assert {(r.fit_seconds, r.origin) for r in base.evaluations()} == {
        (0.25, "shipped"),
        (9.0, "server"),
    }
    (listed,) = base.conflicts()
    assert set(listed.origins) == {"shipped", "server"}


def test_a_conflict_within_one_call_is_reported(base, kit):
    added = base.add([kit.dataset(), kit.dataset(family="flowers")])

    assert added.n_new == 2
    assert len(added.conflicts) == 1
    assert len(base.datasets()) == 1


def test_replies_of_a_server_do_not_contradict_each_other(base, kit):
    first = kit.one_of_each()[-1]
    later = type(first)("api", "data/31", "2021-01-01", "1" * 64, "ok")

    assert base.add([later, first]).conflicts == ()
    assert base.fetches("api") == [first, later]
    assert base.fetches("elsewhere") == []


def test_a_record_that_is_wrong_leaves_the_base_as_it_was(base, kit):
    with pytest.raises(KnowledgeBaseError, match="n_rows"):
        base.add([kit.dataset(), kit.dataset("other", n_rows=-1)])

    assert base.datasets() == []


def test_calls_in_a_transaction_land_together(base, kit):
    with base.transaction():
        base.add([kit.dataset()])
        assert len(base.datasets()) == 1
        base.add([kit.evaluation()])

    assert len(list(base.evaluations())) == 1


def test_an_error_in_a_transaction_undoes_all_of_it(base, kit):
    def stop():
        with base.transaction():
            base.add([kit.dataset()])
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop()

    assert base.datasets() == []
    base.add([kit.dataset(), kit.evaluation()])
    assert verify(base) == []


def test_an_error_that_is_caught_undoes_its_call_only(base, kit):
    with base.transaction():
        base.add([kit.dataset()])
        with pytest.raises(KnowledgeBaseError):
            base.add([kit.evaluation(), kit.dataset(n_rows=-1)])
        base.add([kit.failure(configuration=kit.ridge(3.0))])

    assert [r.reason for r in base.evaluations()] == ["SIGSEGV"]
    assert verify(base) == []


def test_evaluations_of_one_dataset_or_learner_can_be_asked_for(base, kit):
    base.add([kit.evaluation(), kit.evaluation("wine")])

    assert [r.dataset_uid for r in base.evaluations(dataset_uid=kit.uid("wine"))] == [
        kit.uid("wine")
    ]
    assert list(base.evaluations(learner="forest")) == []
    assert len(list(base.evaluations(learner="ridge"))) == 2


def test_meta_features_of_two_sources_stay_apart(base, kit):
    base.add([kit.features(a=1.0), kit.features(source="openml", a=2.0)])

    assert [m.values for m in base.meta_features("openml")] == [{"a": 2.0}]
    assert [m.values for m in base.meta_features("headstart")] == [{"a": 1.0}]


def test_a_base_is_there_when_it_is_opened_again(tmp_path, kit):
    with KnowledgeBase.open(tmp_path / "new" / "folder" / "base.db") as base:
        base.add(kit.one_of_each())
        digest = base.digest()
    with KnowledgeBase.open(tmp_path / "new" / "folder" / "base.db") as base:
        assert base.digest() == digest


def test_a_reader_sees_what_a_writer_adds_meanwhile(base, kit, tmp_path):
    with KnowledgeBase.open(tmp_path / "base.db", read_only=True) as reader:
        assert reader.datasets() == []
        with base.transaction():
            base.add([kit.dataset()])
            assert reader.datasets() == []
        assert len(reader.datasets()) == 1


def test_a_base_open_for_reading_refuses_to_write(base, kit, tmp_path):
    with (
        KnowledgeBase.open(tmp_path / "base.db", read_only=True) as reader,
        pytest.raises(KnowledgeBaseError, match="for reading only"),
    ):
        reader.add([kit.dataset()])


def test_reading_an_immutable_file_leaves_nothing_beside_it(base, kit, tmp_path):
    base.add(kit.one_of_each())
    folder = tmp_path / "shipped"
    folder.mkdir()
    base.pack(folder / "base.db")
    before = (folder / "base.db").read_bytes()

    with KnowledgeBase.open(folder / "base.db", immutable=True) as shipped:
        assert shipped.digest() == base.digest()
        assert verify(shipped) == []
        assert [p.name for p in folder.iterdir()] == ["base.db"]

    assert (folder / "base.db").read_bytes() == before


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs a POSIX user other than root"
)
def test_a_base_in_a_folder_that_may_not_be_written_can_be_read(tmp_path, kit):
    with KnowledgeBase.open(tmp_path / "closed" / "base.db") as base:
        base.add([kit.dataset()])
    (tmp_path / "closed").chmod(stat.S_IRUSR | stat.S_IXUSR)
    with KnowledgeBase.open(tmp_path / "closed" / "base.db", read_only=True) as base:
        assert len(base.datasets()) == 1
    (tmp_path / "closed").chmod(stat.S_IRWXU)


def test_merging_adds_what_is_missing_and_keeps_origins(new_base, kit):
    ours = new_base([kit.dataset(), kit.evaluation()])
    theirs = new_base([kit.dataset(), kit.evaluation("wine")], origin="team")

    merged = ours.merge(theirs)

    assert (merged.n_new, merged.n_known) == (1, 1)
    assert {r.origin for r in ours.evaluations()} == {"local", "team"}
    assert ours.merge(theirs).n_new == 0


def test_merging_under_a_name_names_all_of_it(new_base, kit):
    ours = new_base()

    ours.merge(new_base([kit.evaluation()]), origin="team")

    assert [r.origin for r in ours.evaluations()] == ["team"]


def test_merging_in_another_order_gives_the_same_base(new_base, kit):
    first = new_base([kit.dataset(), kit.evaluation()], origin="b")
    second = new_base([kit.dataset(), kit.evaluation(fit_seconds=3.0)], origin="a")
    one, other = new_base(), new_base()

    one.merge(first)
    one.merge(second)
    other.merge(second)
    other.merge(first)

    assert one.digest() == other.digest()
    assert len(one.conflicts()) == len(other.conflicts()) == 1


@pytest.mark.parametrize(
    "place", ["mysql://host/db", "sqlite:///base.db", "http://x/y"]
)
def test_other_databases_are_refused(place):
    with pytest.raises(KnowledgeBaseError, match="postgresql://"):
        KnowledgeBase.open(place)


def test_a_missing_driver_names_its_install_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ImportError, match=r"pip install 'headstart\[postgres\]'"):
        KnowledgeBase.open("postgresql://nobody@localhost/nothing")


def test_a_second_writer_waits_and_then_says_why(base, kit, tmp_path, monkeypatch):
    monkeypatch.setattr("headstart.meta.store.reader._BUSY_SECONDS", 0.05)

    with (
        base.transaction(),
        pytest.raises(KnowledgeBaseError, match="another process is writing"),
    ):
        KnowledgeBase.open(tmp_path / "base.db")

    assert base.add([kit.dataset()]).n_new == 1


@pytest.mark.parametrize("small_disk", ["512k"], indirect=True)
def test_a_full_disk_is_said_and_costs_nothing_that_was_there(small_disk, kit):
    with KnowledgeBase.open(small_disk / "base.db") as base:
        base.add([kit.dataset()])

        with pytest.raises(KnowledgeBaseError, match="disk is full"):
            base.add(kit.evaluation(seed=i) for i in range(5000))

        assert [d.name for d in base.datasets()] == ["iris"]
        assert list(base.evaluations()) == []
        assert verify(base) == []


@pytest.mark.parametrize("small_disk", ["512k"], indirect=True)
def test_a_base_on_a_disk_that_may_not_be_written_can_be_read(small_disk, kit):
    with KnowledgeBase.open(small_disk / "base.db") as base:
        base.add([kit.dataset()])
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with KnowledgeBase.open(small_disk / "base.db", read_only=True) as base:
        assert len(base.datasets()) == 1
    with pytest.raises(KnowledgeBaseError, match="your permissions"):
        KnowledgeBase.open(small_disk / "base.db")
