"""Several processes on one base, some of them killed while they write."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from headstart.base import Configuration, TaskKind
from headstart.meta.records import (
    CellStatus,
    DatasetRecord,
    EvaluationRecord,
    FetchRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
)
from headstart.meta.store import KnowledgeBase, diff, doctor, verify

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

PRELUDE = """
    import sys, time
    import numpy as np
    from headstart.base import Configuration
    from headstart.meta.records import CellStatus, EvaluationRecord
    from headstart.meta.store import KnowledgeBase

    where, writer, n_blocks = sys.argv[1], sys.argv[2], int(sys.argv[3])

    def block(number, size=20):
        return [
            EvaluationRecord(
                "0" * 64, Configuration("ridge", {"alpha": float(i)}), ("log_loss",),
                np.full((3, 1), 0.5, np.float32), 1.0, 0.1, CellStatus.OK,
                seed=number, machine=writer, origin=writer,
            )
            for i in range(size)
        ]
"""
ADD_BLOCKS = """
    with KnowledgeBase.open(where) as base:
        for number in range(n_blocks):
            base.add(block(number))
            print(number, flush=True)
"""
COUNT_DATASETS = """
    with KnowledgeBase.open(where, read_only=True) as base:
        print(len(base.datasets()))
"""
STOP_INSIDE = """
    with KnowledgeBase.open(where) as base, base.transaction():
        base.add(block(0, size=1000))
        print("inside", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def start():
    """Start a writer; it is killed when the test ends."""
    started = []

    def start(script, where, writer, n_blocks=0):
        source = textwrap.dedent(PRELUDE) + textwrap.dedent(script)
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", source, where, writer, str(n_blocks)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return [int(line) for line in out.split()]


def blocks(base):
    """Count the evaluations of each block by who wrote it."""
    counts = {}
    for record in base.evaluations():
        key = (record.machine, record.seed)
        counts[key] = counts.get(key, 0) + 1
    return counts


def table(base):
    """Add the dataset that all writers speak of."""
    base.add([DatasetRecord("0" * 64, "t", "t", "local", TaskKind.BINARY, 10, 2, 2)])


def test_two_writers_and_a_reader_work_side_by_side(place, start):
    writers = [start(ADD_BLOCKS, place, name, 8) for name in ("one", "two")]
    with KnowledgeBase.open(place) as base:
        table(base)
        totals = [0]
        while any(writer.poll() is None for writer in writers):
            totals.append(sum(blocks(base).values()))

        for writer in writers:
            assert finish(writer) == list(range(8))
        assert blocks(base) == {(w, i): 20 for w in ("one", "two") for i in range(8)}
        assert totals == sorted(totals)
        assert all(n % 20 == 0 for n in totals)
        assert verify(base) == []


@pytest.mark.slow
def test_a_writer_killed_within_a_transaction_leaves_nothing_of_it(place, start):
    killed = start(STOP_INSIDE, place, "killed")
    assert killed.stdout.readline() == "inside\n"
    waiting = start(ADD_BLOCKS, place, "waiting", 2)

    killed.send_signal(signal.SIGKILL)

    assert finish(waiting) == [0, 1]
    with KnowledgeBase.open(place) as base:
        table(base)
        assert blocks(base) == {("waiting", 0): 20, ("waiting", 1): 20}
        assert verify(base) == []


@pytest.mark.slow
def test_killed_at_any_moment_a_block_is_there_whole_or_not_at_all(place, start):
    chance = random.Random(0)
    with KnowledgeBase.open(place) as base:
        table(base)
    undisturbed = start(ADD_BLOCKS, place, "undisturbed", 25)
    acknowledged = {}
    for name in ("first", "second"):
        process = start(ADD_BLOCKS, place, name, 10_000)
        assert process.stdout.readline() == "0\n"
        time.sleep(chance.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].split()
        acknowledged[name] = 1 + len(rest)

    assert finish(undisturbed) == list(range(25))
    with KnowledgeBase.open(place) as base:
        counts = blocks(base)
        assert set(counts.values()) == {20}
        for name, n_told in acknowledged.items():
            n_there = sum(writer == name for writer, _ in counts)
            assert n_told <= n_there <= n_told + 1
        assert verify(base) == []
        assert doctor(base).conflicts == ()


def test_what_is_written_after_another_process_came_and_went_is_kept(place, start):
    with KnowledgeBase.open(place) as base:
        table(base)
        with KnowledgeBase.open(place, read_only=True) as reader:
            assert len(reader.datasets()) == 1
        # A process that finds nobody else removes SQLite's log when it ends; this one
        # must find us, whatever was opened and closed beside our connections.
        assert finish(start(ADD_BLOCKS, place, "visitor", 1)) == [0]
        base.add([DatasetRecord("1" * 64, "u", "u", "local", TaskKind.BINARY, 1, 1, 2)])
        reading = start(COUNT_DATASETS, place, "reader")

        assert finish(reading) == [2]


def test_two_processes_may_make_a_base_at_once(place, start):
    writers = [start(ADD_BLOCKS, place, name, 1) for name in "abc"]

    for writer in writers:
        assert finish(writer) == [0]
    with KnowledgeBase.open(place, read_only=True) as base:
        assert len(blocks(base)) == 3


def test_both_databases_hold_the_same(place, tmp_path):
    records = [
        DatasetRecord("0" * 64, "Über", "t", "local", TaskKind.BINARY, 10, 2, 2),
        DatasetRecord("0" * 64, "t", "t", "local", TaskKind.BINARY, 11, 2, 2),
    ]
    records += [
        EvaluationRecord(
            "0" * 64,
            Configuration("ridge", {"alpha": i / 3}),
            ("log_loss", "accuracy"),
            scores,
            float("nan") if i else 1 / 3,
            0.0,
            CellStatus.OK,
            seed=-i,
        )
        for i, scores in enumerate(_scores())
    ]
    names = [f"a_rather_long_name_of_a_meta_feature_{i}" for i in range(200)]
    records += [
        MetaFeatures("0" * 64, "headstart", 1, dict.fromkeys(names, float("nan"))),
        ForeignEvaluation(
            2**40, 1, "0" * 64, 2, "Flöw(1)", 3, "auc", 0.1, "2020-01-01", "server"
        ),
        ForeignSetup(
            3, 2, "Flöw(1)", "server", {"a": '"x\ny"'}, Configuration("ridge")
        ),
        ForeignSetup(4, 2, "Flöw(1)", "server", {"a": "1"}),
        FetchRecord("server", "data/1", "2020-01-01", "0" * 64, "ok"),
    ]
    with (
        KnowledgeBase.open(place) as base,
        KnowledgeBase.open(tmp_path / "file.db") as file,
    ):
        added = base.add(records)
        file.add(records)

        assert (added.n_new, len(added.conflicts)) == (len(records), 1)
        assert base.digest() == file.digest()
        assert base.foreign_setups() == file.foreign_setups()
        assert base.foreign_evaluations() == file.foreign_evaluations()
        assert base.fetches("server") == file.fetches("server")
        assert not diff(base, file)
        assert len(base.conflicts()) == 1
        assert verify(base) == []
        ours = base.evidence(frozenset({TaskKind.BINARY}), "log_loss")
        theirs = file.evidence(frozenset({TaskKind.BINARY}), "log_loss")
        assert ours.losses.tolist() == theirs.losses.tolist()
        assert ours.configurations == theirs.configurations
        with base.transaction():
            assert len(list(base.evaluations())) == 4
        file.merge(base)
        assert file.digest() == base.digest()


def _scores():
    rng = np.random.default_rng(0)
    return rng.random((4, 3, 2)).astype(np.float32)


def test_a_server_that_cannot_be_reached_is_said_without_the_password(tmp_path):
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    url = f"postgresql://me:secret@/base?host={tmp_path}"

    with pytest.raises(ValueError, match="cannot be") as raised:
        KnowledgeBase.open(url)

    assert "secret" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_a_database_of_others_is_no_base_to_read(postgresql):
    with pytest.raises(ValueError, match="no table"):
        KnowledgeBase.open(postgresql, read_only=True)
