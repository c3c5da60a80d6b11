"""Bases that are busy or silent: they cost what was allowed, and no more."""

import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest
from sklearn.datasets import load_iris

from headstart import AutoClassifier
from headstart.base.events import Notice
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import FetchRecord
from headstart.meta.shipped import open_bases
from headstart.meta.store import KnowledgeBase

FETCH = FetchRecord("api", "data/31", "2020-01-01", "0" * 64, "ok")
# Far below the half minute that a base may take where there is no deadline.
SOON = 5.0


@contextmanager
def at_most(seconds):
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def soon(seconds=0.3):
    return time.monotonic() + seconds


@pytest.fixture
def silent():
    """The URL of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield f"postgresql://me:s3cret@127.0.0.1:{port}/base"


@pytest.fixture
def busy(place):
    """A base that another process is writing to, for as long as the test runs."""
    inside, done = threading.Event(), threading.Event()

    def write():
        with KnowledgeBase.open(place) as base, base.transaction():
            inside.set()
            done.wait(30.0)

    writer = threading.Thread(target=write)
    writer.start()
    assert inside.wait(30.0)
    yield place
    done.set()
    writer.join()


def test_a_writer_waits_for_another_until_its_deadline(busy):
    with (
        at_most(SOON),
        pytest.raises(KnowledgeBaseError, match="another process is writing"),
    ):
        KnowledgeBase.open(busy, deadline=soon())


def test_a_base_that_becomes_busy_is_waited_for_until_the_deadline(place):
    with (
        KnowledgeBase.open(place) as other,
        KnowledgeBase.open(place, deadline=soon(2.0)) as base,
    ):
        assert base.add([FETCH]).n_new == 1
        with (
            other.transaction(),
            at_most(SOON),
            pytest.raises(KnowledgeBaseError, match="another process is writing"),
        ):
            base.add([FETCH])


def test_a_file_that_is_locked_for_readers_is_left_at_the_deadline(tmp_path):
    path = tmp_path / "base.db"
    with KnowledgeBase.open(path) as base:
        base.pack(tmp_path / "packed.db")
    with closing(sqlite3.connect(tmp_path / "packed.db")) as other:
        other.execute("begin exclusive")
        with at_most(SOON), pytest.raises(KnowledgeBaseError, match="locked"):
            KnowledgeBase.open(tmp_path / "packed.db", read_only=True, deadline=soon())


def test_a_server_that_never_answers_is_left_at_the_deadline(silent):
    pytest.importorskip("psycopg", reason="needs the package psycopg")
    with at_most(SOON), open_bases(silent, deadline=soon()) as bases:
        (problem,) = bases.problems

    assert "did not answer in time" in str(problem)
    assert len(bases.layers) == 1


def test_a_server_that_falls_silent_is_left_at_the_deadline(schema):
    import psycopg

    with KnowledgeBase.open(schema) as base:
        base.add([FETCH])
    with (
        KnowledgeBase.open(schema, read_only=True, deadline=soon(1.0)) as base,
        psycopg.connect(schema) as other,
    ):
        other.execute("lock table fetch_log in access exclusive mode")
        with (
            at_most(SOON),
            pytest.raises(KnowledgeBaseError, match="did not answer in time"),
        ):
            base.fetches()


def test_a_fit_keeps_its_time_limit_beside_a_writer(tmp_path, monkeypatch):
    path = tmp_path / "own.db"
    monkeypatch.setenv("HEADSTART_META_DB", str(path))
    notices = []

    def listen(event):
        if isinstance(event, Notice):
            notices.append(event.message)

    X, y = load_iris(return_X_y=True)
    model = AutoClassifier(
        time_limit=2, max_trials=1, learners=["logistic"], n_jobs=1, learn=True
    )
    with KnowledgeBase.open(path) as base, base.transaction(), at_most(2 + SOON):
        model.fit(X, y, listeners=[listen])

    assert any("Nothing was learnt" in notice for notice in notices)
