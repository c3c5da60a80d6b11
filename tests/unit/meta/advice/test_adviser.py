import time
from dataclasses import replace

import numpy as np
import pytest

from headstart.meta.advice import Adviser, Study

NAN, INF = np.nan, np.inf


def all_of(evidence):
    return np.ones(len(evidence.configurations), dtype=bool)


@pytest.fixture
def random_evidence(make_evidence):
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 9))
    return make_evidence(
        0.3 + 0.02 * (shared + rng.normal(size=(30, 9))),
        seconds=np.exp(rng.normal(size=(30, 9))),
        n_rows=10 ** rng.uniform(2, 4, 30),
        n_features=10 ** rng.uniform(0.5, 2, 30),
        learners=["forest", "linear", "boosting"] * 3,
    )


def ask_all(adviser, evidence, losses, **settings):
    """Ask until nothing is left, telling `losses`, and return the answers."""
    observed, answers = {}, []
    while answer := adviser.next(observed, available=all_of(evidence), **settings):
        observed[answer.index] = losses[answer.index]
        answers.append(answer)
    return answers


def test_what_wins_on_similar_tables_comes_first(make_evidence):
    # The first wins on small tables, the second on large ones.
    losses = [[0.1, 0.4, 0.3]] * 10 + [[0.4, 0.1, 0.3]] * 10
    rows = [100.0] * 10 + [9000.0] * 10
    evidence = make_evidence(losses, n_rows=rows)
    small = Adviser(evidence, {}, 110, 10)
    large = Adviser(evidence, {}, 8000, 10)
    assert small.next({}, available=all_of(evidence)).index == 0
    assert large.next({}, available=all_of(evidence)).index == 1
    assert small.notes == ()


def test_a_dear_one_with_the_same_gain_comes_later(make_evidence):
    evidence = make_evidence(
        [[0.1, 0.1, 0.3, 0.3]] * 12, seconds=[[8.0, 1.0, 1.0, 1.0]] * 12
    )
    adviser = Adviser(evidence, {}, 1000, 10)
    assert adviser.next({}, available=all_of(evidence)).index == 1
    blind = Adviser(evidence, {}, 1000, 10, cost_exponent=0.0)
    assert blind.next({}, available=all_of(evidence)).index == 0


def test_what_failed_everywhere_is_asked_last_and_without_a_warning(make_evidence):
    rng = np.random.default_rng(0)
    losses = rng.uniform(0.1, 0.5, size=(40, 5))
    losses[:, 2] = INF
    rows = 10 ** rng.uniform(2, 4, 40)
    evidence = make_evidence(losses, n_rows=rows)
    for n_rows in (100, 300, 1000, 3000, 10_000):
        adviser = Adviser(evidence, {}, n_rows, 10)
        answers = ask_all(adviser, evidence, [0.3, 0.2, INF, 0.4, 0.1])
        assert answers[-1].index == 2


def test_a_gain_counts_where_all_take_as_long(make_evidence):
    evidence = make_evidence(
        [[0.1, 0.15, 0.3, 0.3]] * 12, seconds=[[0.04, 0.004, 1.0, 1.0]] * 12
    )
    plain = Adviser(evidence, {}, 1000, 10)
    assert plain.next({}, available=all_of(evidence)).index == 1
    busy = Adviser(evidence, {}, 1000, 10, overhead_seconds=1.0)
    assert busy.next({}, available=all_of(evidence)).index == 0


def test_precedents_name_the_datasets_that_count(make_evidence):
    losses = np.full((12, 4), 0.5)
    losses[:, 3] = 0.4
    losses[4, 1], losses[7, 1] = 0.1, 0.2
    losses[4, 0] = 0.05
    evidence = make_evidence(losses, n_rows=[1000.0] * 4 + [1200.0] + [1000.0] * 7)
    adviser = Adviser(evidence, {}, 1200, 10, cost_exponent=0.0)
    answer = adviser.next({3: 0.4}, available=np.array([False, True, False, False]))
    assert [p.dataset for p in answer.precedents] == ["table_4", "table_7"]
    first, second = answer.precedents
    assert (first.rank, first.n_ranked) == (2, 4)
    assert (second.rank, second.n_ranked) == (1, 4)
    assert first.weight > second.weight
    assert first.weight + second.weight == pytest.approx(1.0)


def test_a_dataset_without_the_configuration_is_no_precedent(make_evidence):
    losses = np.array([[0.1, 0.2, 0.3]] * 12)
    losses[2, 0] = NAN
    evidence = make_evidence(losses)
    adviser = Adviser(evidence, {}, 1000, 10)
    answer = adviser.next({}, available=np.array([True, False, False]))
    assert "table_2" not in {p.dataset for p in answer.precedents}
    assert len(answer.precedents) == 5


def test_an_empty_base_has_no_advice_and_says_so(make_evidence):
    evidence = make_evidence(np.empty((0, 4)))
    adviser = Adviser(evidence, {}, 1000, 10)
    assert adviser.next({}, available=all_of(evidence)) is None
    assert "Cold start" in adviser.notes[0]
    assert adviser.seconds(2) > 0


def test_nothing_available_is_no_advice(make_evidence):
    evidence = make_evidence([[0.1, 0.2]] * 12)
    adviser = Adviser(evidence, {}, 1000, 10)
    assert adviser.next({}, available=frozenset()) is None
    assert adviser.next({0: 0.1, 1: 0.2}, available=range(2)) is None


def test_few_datasets_are_not_weighted_by_similarity(make_evidence):
    losses = [[0.1, 0.4, 0.3]] * 4 + [[0.4, 0.1, 0.3]] * 5
    evidence = make_evidence(losses, n_rows=[100.0] * 4 + [9000.0] * 5)
    adviser = Adviser(evidence, {}, 100, 10)
    answer = adviser.next({}, available=all_of(evidence))
    assert answer.index == 1
    assert answer.method == "unweighted portfolio"
    assert "only 9 datasets" in adviser.notes[0]


@pytest.mark.parametrize(
    ("n_datasets", "method"), [(3, "unweighted portfolio"), (4, "posterior")]
)
def test_results_count_as_soon_as_there_is_a_covariance(
    make_evidence, n_datasets, method
):
    evidence = make_evidence(np.random.default_rng(0).normal(size=(n_datasets, 5)))
    adviser = Adviser(evidence, {}, 1000, 10)
    answer = adviser.next({0: 0.1, 1: 0.2, 2: 0.3}, available=all_of(evidence))
    assert answer.method == method


def test_a_table_similar_to_none_is_not_weighted_by_similarity(make_evidence):
    losses = [[0.1, 0.4, 0.3]] * 5 + [[0.4, 0.1, 0.3]] * 6
    rows = [100.0 + i for i in range(5)] + [150.0 + i for i in range(6)]
    evidence = make_evidence(losses, n_rows=rows)
    adviser = Adviser(evidence, {}, 10**7, 10)
    answer = adviser.next({}, available=all_of(evidence))
    assert answer.method == "unweighted portfolio"
    assert "not similar to any" in adviser.notes[0]
    # All six on which it wins gain alike, the five others less: nobody is preferred.
    assert answer.index == 1
    assert np.ptp([p.weight for p in answer.precedents]) == pytest.approx(0.0)


def test_a_proxy_metric_is_told(make_evidence):
    evidence = make_evidence([[0.1, 0.2]] * 12, is_proxy=True)
    assert "closest metric" in Adviser(evidence, {}, 1000, 10).notes[0]


def test_results_of_this_run_take_over(random_evidence):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    answers = ask_all(adviser, random_evidence, random_evidence.losses[0])
    methods = [a.method for a in answers]
    assert methods[0] == "portfolio"
    assert methods[-1] == "posterior"
    assert sorted(methods) == sorted(methods, key=methods.index)
    assert sorted(a.index for a in answers) == list(range(9))


def test_the_posterior_moves_to_the_kin_of_the_winner(make_evidence):
    rng = np.random.default_rng(0)
    # Five pairs of twins; on each table one pair is far better than the rest.
    losses = np.full((50, 10), 0.5) + 0.01 * rng.normal(size=(50, 10))
    for table in range(50):
        pair = table % 5
        losses[table, 2 * pair : 2 * pair + 2] -= 0.3
    evidence = make_evidence(losses)
    adviser = Adviser(evidence, {}, 1000, 10)
    observed = {0: 0.5, 2: 0.51, 4: 0.2, 6: 0.5, 8: 0.49}
    answer = adviser.next(observed, available=all_of(evidence))
    assert answer.method == "posterior"
    assert answer.index == 5
    # Tables on which that pair won.
    assert {int(p.dataset.split("_")[1]) % 5 for p in answer.precedents} == {2}


@pytest.mark.parametrize("n_before", [1, 6])
def test_a_failure_pushes_down_what_fails_with_it(make_evidence, n_before):
    rng = np.random.default_rng(0)
    losses = 0.3 + 0.01 * rng.normal(size=(40, 10))
    # The last two win on half of the tables, and fail together on the other half.
    losses[:20, 8:] = 0.2 + 0.001 * rng.normal(size=(20, 2))
    losses[20:, 8:] = INF
    evidence = make_evidence(losses)
    adviser = Adviser(evidence, {}, 1000, 10)
    observed = {i: 0.3 + 0.001 * i for i in range(n_before)}
    before = adviser.next(observed, available={8, 9})
    after = adviser.next({**observed, 8: INF}, available={9})
    assert after.expected_gain < 0.7 * before.expected_gain


@pytest.mark.parametrize("n_observed", [0, 2, 7])
def test_moving_datasets_or_configurations_moves_the_answer(
    make_evidence, random_evidence, n_observed
):
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(30), rng.permutation(9)
    learners = [c.learner for c in random_evidence.configurations]
    moved = make_evidence(
        random_evidence.losses[np.ix_(rows, columns)],
        seconds=random_evidence.seconds[np.ix_(rows, columns)],
        n_rows=random_evidence.n_rows[rows],
        n_features=random_evidence.n_features[rows],
        learners=[learners[c] for c in columns],
    )
    observed = {i: 0.3 + 0.01 * i for i in range(n_observed)}
    place = {int(c): i for i, c in enumerate(columns)}
    one = Adviser(random_evidence, {}, 1000, 10).next(
        observed, available=all_of(moved), measured_seconds=dict.fromkeys(observed, 2.0)
    )
    two = Adviser(moved, {}, 1000, 10).next(
        {place[i]: loss for i, loss in observed.items()},
        available=all_of(moved),
        measured_seconds={place[i]: 2.0 for i in observed},
    )
    assert two.index == place[one.index]
    assert two.expected_gain == pytest.approx(one.expected_gain)
    assert two.predicted_seconds == pytest.approx(one.predicted_seconds)
    assert [p.weight for p in two.precedents] == pytest.approx(
        [p.weight for p in one.precedents]
    )


def test_the_same_question_has_the_same_answer(random_evidence):
    losses = random_evidence.losses[3]
    one = ask_all(Adviser(random_evidence, {}, 500, 9), random_evidence, losses)
    two = ask_all(Adviser(random_evidence, {}, 500, 9), random_evidence, losses)
    assert one == two


def test_ties_go_to_the_lower_index(make_evidence):
    evidence = make_evidence([[0.2, 0.2, 0.2, 0.4, 0.4, 0.4]] * 12)
    adviser = Adviser(evidence, {}, 1000, 10)
    answers = ask_all(adviser, evidence, [0.2, 0.2, 0.2, 0.4, 0.4, 0.4])
    assert [a.index for a in answers][:3] == [0, 1, 2]


def test_available_may_be_any_container(random_evidence):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    mask = np.zeros(9, dtype=bool)
    mask[[2, 5]] = True
    assert adviser.next({}, available=mask) == adviser.next({}, available={2, 5})


def test_seconds_follow_the_machine(random_evidence):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    plain = adviser.next({}, available={4})
    slow = adviser.next({}, available={4}, seconds_scale=3.0)
    assert plain.predicted_seconds == pytest.approx(adviser.seconds(4))
    assert slow.predicted_seconds == pytest.approx(3.0 * plain.predicted_seconds)


def test_gaps_and_failures_everywhere_are_no_obstacle(random_evidence, make_evidence):
    rng = np.random.default_rng(2)
    losses = random_evidence.losses.copy()
    losses[rng.random(losses.shape) < 0.4] = NAN
    losses[rng.random(losses.shape) < 0.1] = INF
    losses[5] = NAN
    losses[6] = INF
    losses[:, 7] = NAN
    evidence = make_evidence(losses, seconds=np.where(np.isnan(losses), NAN, 1.0))
    results = np.where(np.arange(9) % 3 == 1, INF, 0.3)
    answers = ask_all(Adviser(evidence, {}, 1000, 10), evidence, results)
    assert sorted(a.index for a in answers) == list(range(9))
    assert np.isfinite([a.expected_gain for a in answers]).all()


def test_a_study_is_made_once_for_many_tables(random_evidence):
    study = Study(random_evidence)
    assert Adviser(study, {}, 500, 5).next({}, available=range(9)) == Adviser(
        random_evidence, {}, 500, 5
    ).next({}, available=range(9))


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        ({99: 0.1}, "indices"),
        ({-1: 0.1}, "indices"),
        ({1: NAN}, r"\+inf for a failure"),
    ],
)
def test_nonsense_is_refused(random_evidence, observed, said):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    with pytest.raises(ValueError, match=said):
        adviser.next(observed, available=range(9))


def test_a_mask_of_another_length_is_refused(random_evidence):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    with pytest.raises(ValueError, match="one entry per configuration"):
        adviser.next({}, available=np.ones(4, dtype=bool))


@pytest.mark.parametrize("name", ["cost_exponent", "overhead_seconds"])
def test_a_negative_price_is_refused(random_evidence, name):
    with pytest.raises(ValueError, match=name):
        Adviser(random_evidence, {}, 1000, 10, **{name: -1.0})


def test_an_answer_takes_milliseconds(make_evidence):
    rng = np.random.default_rng(0)
    evidence = make_evidence(
        rng.normal(size=(110, 120)), learners=[f"l{i % 8}" for i in range(120)]
    )
    adviser = Adviser(evidence, {}, 1000, 10)
    observed = {i: float(rng.normal()) for i in range(30)}
    adviser.next(observed, available=range(120))
    # The least of several: the machine may be busy.
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        adviser.next(observed, available=range(120), measured_seconds=observed)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.05


def test_an_unproven_learner_has_the_gain_of_known_favourites(make_evidence):
    # Regrets 0, 1, 2 and 1: the favourites are the first, and the last but one.
    losses = [[0.1, 0.2, 0.3, 0.2]] * 12
    learners = ["forest", "forest", "linear", "linear"]
    adviser = Adviser(make_evidence(losses, learners=learners), {}, 1000, 10)

    assert adviser.unproven_gain({}, {"forest"}) == pytest.approx(2.0)
    assert adviser.unproven_gain({}, {"linear"}) == pytest.approx(1.0)
    assert adviser.unproven_gain({}, {"forest", "linear"}) == pytest.approx(1.5)
    assert adviser.unproven_gain({3: 0.2}, {"forest"}) == pytest.approx(1.0)
    assert adviser.unproven_gain({0: 0.1}, {"forest"}) == 0.0
    assert adviser.unproven_gain({}, {"unknown"}) == 0.0


def test_the_gain_of_an_unproven_learner_falls_as_results_come_in(random_evidence):
    adviser = Adviser(random_evidence, {}, 1000, 10)
    like = {"forest", "linear", "boosting"}
    observed, gains = {}, []
    for index in (4, 7, 1, 3):
        gains.append(adviser.unproven_gain(observed, like))
        observed[index] = 0.3 - 0.01 * index
    assert gains[0] == max(gains)
    assert all(np.isfinite(gains))
    assert min(gains) >= 0.0
    assert adviser.value(1.0, 2.0) == pytest.approx(2.0**-0.8)


def test_locations_of_losses_count_only_where_they_are_of_one_metric(
    random_evidence,
):
    results = {0: 0.31, 1: 0.30, 2: 0.33}
    shifted = {place: loss - 0.5 for place, loss in results.items()}

    def gains(evidence, observed):
        adviser = Adviser(evidence, {}, 1000, 10)
        return adviser.next(observed, available=all_of(evidence)).expected_gain

    measured, proxy = random_evidence, replace(random_evidence, is_proxy=True)
    assert gains(measured, shifted) != pytest.approx(gains(measured, results), rel=1e-3)
    assert gains(proxy, shifted) == pytest.approx(gains(proxy, results))


def test_what_failed_at_once_is_not_taken_for_cheap(make_evidence):
    losses = np.tile([0.1, 0.1, 0.3, 0.4], (24, 1))
    seconds = np.tile([10.0, 1.0, 1.0, 1.0], (24, 1))
    seconds[6:, 0], losses[6:, 0] = 0.0, INF
    failing = make_evidence(losses, seconds=seconds, learners=list("abcd"))

    adviser = Adviser(failing, {}, 1000, 10)

    assert adviser.seconds(0) > 5.0
