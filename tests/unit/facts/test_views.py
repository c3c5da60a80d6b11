from dataclasses import replace

from tests.stored_facts import stored_facts

from headstart.facts import (
    LEADERBOARD_COLUMNS,
    PrecedentFact,
    StepFact,
    leaderboard_rows,
    precedent_rows,
)

FACTS = stored_facts("binary")
DONE = replace(FACTS.trials[0], score=0.5, n_folds=3, reason="", precedents=())


def rows(*trials):
    return leaderboard_rows(replace(FACTS, trials=trials))


def test_every_row_has_every_column():
    (row,) = rows(DONE)

    assert tuple(row) == LEADERBOARD_COLUMNS
    assert row["rank"] == 1
    assert row["folds"] == 3


def test_a_better_score_that_ranks_lower_says_why():
    one_fold = replace(DONE, score=0.95, n_folds=1)
    raced_out = replace(
        DONE, score=0.99, n_folds=2, status="partial", reason="raced out"
    )

    assert [row["reason"] for row in rows(DONE, one_fold, raced_out)] == [
        "",
        "ranks below worse scores: evaluated on 1 of 3 folds",
        "raced out; ranks below worse scores: evaluated on 2 of 3 folds",
    ]


def test_a_worse_score_needs_no_reason_for_its_rank():
    raced_out = replace(DONE, score=0.4, n_folds=1, status="partial", reason="raced")

    assert [row["reason"] for row in rows(DONE, raced_out)] == ["", "raced"]


def test_a_failed_trial_has_its_reason_alone():
    failed = replace(DONE, rank=None, score=None, status="failed", reason="it broke")

    (_, row) = rows(DONE, failed)

    assert (row["rank"], row["score"], row["reason"]) == (None, None, "it broke")


def test_transforms_are_named_and_their_parameters_are_in_the_configuration():
    trial = replace(
        DONE,
        learner="ridge",
        parameters={"alpha": 1.0},
        transforms=(StepFact("pca", {"n": 2}),),
    )

    (row,) = rows(trial)

    assert row["learner"] == "ridge + pca"
    assert '"parameters":{"n":2}' in row["configuration"]


def test_precedents_are_rows_and_the_first_one_stands_on_the_leaderboard():
    wine, iris = PrecedentFact("wine", 0.7, 2, 9), PrecedentFact("iris", 0.3, 1, 4)
    facts = replace(FACTS, trials=(replace(DONE, precedents=(wine, iris)),))

    assert leaderboard_rows(facts)[0]["precedent"] == "wine (2 of 9)"
    assert [
        (r["dataset"], r["weight"], r["rank"], r["n_ranked"])
        for r in precedent_rows(facts)
    ] == [("wine", 0.7, 2, 9), ("iris", 0.3, 1, 4)]
