from dataclasses import replace

from tests.stored_facts import stored_facts

from headstart.facts import Confusion
from headstart.report.tables import failures, mistakes, origins

TRIALS = stored_facts("binary").trials


def test_failures_are_counted_by_reason():
    failed = replace(TRIALS[0], status="failed", reason="out of memory", rank=None)
    other = replace(failed, reason="diverged", learner="net")

    rows = failures((TRIALS[1], failed, failed, other))

    assert [(f.reason, f.n_trials) for f in rows] == [
        ("out of memory", 2),
        ("diverged", 1),
    ]
    assert rows[1].learners == ("net",)


def test_mistakes_leave_the_diagonal_out_and_come_most_first():
    rows = mistakes(Confusion(("a", "b"), ((5, 1), (4, 6))))

    assert [(m.actual, m.predicted, m.n_rows) for m in rows] == [
        ("b", "a", 4),
        ("a", "b", 1),
    ]
    assert rows[0].share == 0.4


def test_origins_tell_their_best_rank():
    (origin,) = origins(TRIALS)

    assert (origin.n_trials, origin.best_rank) == (len(TRIALS), 1)
