import datetime as dt

import numpy as np

N = 400


def noise(random):
    return {f"x{i}": random.normal(size=N) for i in range(3)}


def days(n=N):
    return [dt.date(2020, 1, 1) + dt.timedelta(d) for d in range(n)]


def test_a_file_sorted_by_class_is_found(random, find):
    y = np.sort(random.choice(["no", "yes"], N))
    (finding,) = find(noise(random), y)["row_order"]
    assert finding.evidence["correlation"] > 0.9


def test_time_that_moves_the_target_is_a_warning_with_its_remedy(random, find):
    y = np.linspace(0, 3, N) + random.normal(size=N)
    codes = find({**noise(random), "day": days()}, y)
    assert codes["time"][0].severity == "warning"
    assert "Validation(time_column='day')" in codes["time"][0].remedy
    assert codes["row_order"][0].columns == ("day",)


def test_dates_that_do_not_matter_are_a_note(random, find):
    order = random.permutation(N)
    columns = {**noise(random), "day": [days()[i] for i in order]}
    (finding,) = find(columns, random.normal(size=N))["time"]
    assert finding.severity == "note"


def test_rows_of_one_customer_are_grouped(random, find):
    customer = random.integers(0, 60, N)
    y = random.normal(size=60)[customer] + 0.3 * random.normal(size=N)
    columns = {**noise(random), "customer_id": customer}
    (finding,) = find(columns, y)["groups"]
    assert finding.severity == "warning"
    assert "Validation(groups='customer_id')" in finding.remedy


def test_customers_without_a_trait_of_their_own_are_no_groups(random, find):
    columns = {**noise(random), "customer_id": random.integers(0, 60, N)}
    assert "groups" not in find(columns, random.normal(size=N))


def test_repeated_and_contradicting_rows_are_counted(random, find):
    columns = {k: np.concatenate([v, v[:20]]) for k, v in noise(random).items()}
    y = np.concatenate([random.normal(size=N), np.zeros(20)])
    (finding,) = find(columns, y)["duplicate_rows"]
    assert finding.evidence == {"n_repeated": 20, "n_contradicting": 40}
    assert finding.severity == "warning"


def test_rows_of_few_values_are_equal_by_chance(random, find):
    columns = {f"x{i}": random.choice(["a", "b"], N) for i in range(3)}
    (finding,) = find(columns, random.choice(["no", "yes"], N))["duplicate_rows"]
    assert finding.severity == "note"
