import numpy as np
import pytest

from headstart.findings.target import TargetColumn, describe_target
from headstart.tables import TargetEncoder

N = 300


def described(y, column, kind=None):
    encoder = TargetEncoder.learn(y, kind)
    return [*describe_target("y", encoder, encoder.encode(y), column)]


def test_an_identifier_that_counts_with_the_target_is_a_warning(random, find):
    y = np.arange(N) + 40 * random.normal(size=N)
    codes = find({"row_id": np.arange(N), "x": random.normal(size=N)}, y)
    assert codes["identifier_leaks"][0].columns == ("row_id",)


def test_an_identifier_beside_classes_in_no_order_is_a_note(random, find):
    y = random.choice(["no", "yes"], N)
    codes = find({"row_id": np.arange(N), "x": random.normal(size=N)}, y)
    assert "identifier_leaks" not in codes
    assert codes["identifier"][0].severity == "note"


def test_columns_that_say_the_same_are_found(random, find):
    x = random.normal(size=N)
    codes = find({"a": x, "b": x, "c": -x}, random.normal(size=N))
    assert codes["duplicate_columns"][0].columns == ("a", "b")


def test_rare_classes_are_named(random, find):
    y = ["common"] * 150 + ["other"] * 147 + ["rare"] * 3
    (finding,) = find({"x": random.normal(size=N)}, y)["rare_classes"]
    assert "'rare' (3)" in finding.message


def test_few_of_a_class_are_told(random, find):
    y = ["no"] * 288 + ["yes"] * 12
    (finding,) = find({"x": random.normal(size=N)}, y)["lopsided_classes"]
    assert "'yes'" in finding.message


def test_a_heavy_tail_is_told_with_a_metric_that_bears_it(random, find):
    y = np.exp(2 * random.normal(size=N))
    (finding,) = find({"x": random.normal(size=N)}, y)["heavy_tail"]
    assert "rmsle" in finding.remedy


def test_columns_left_out_or_read_otherwise_are_told(random, find):
    columns = {
        "one": [1] * N,
        "hardly": [None] * 200 + list(random.normal(size=N - 200)),
        "size": [f"{n} kg" for n in random.integers(1, 90, N)],
        "name": [f"{a} {b}" for a, b in random.integers(0, 40, (N, 2)).tolist()],
    }
    codes = find(columns, random.normal(size=N))
    assert codes["constant"][0].columns == ("one",)
    assert codes["mostly_missing"][0].columns == ("hardly",)
    assert codes["numbers_in_text"][0].columns == ("size",)


def test_findings_are_the_same_each_time_and_json_ready(random, find):
    import json

    columns = {"a": random.normal(size=30_000), "k": random.integers(0, 90, 30_000)}
    y = columns["a"] + random.normal(size=30_000)

    def as_json():
        codes = find(columns, y)
        return json.dumps([f.to_record() for fs in codes.values() for f in fs])

    assert as_json() == as_json()


@pytest.mark.parametrize(
    ("n_different", "code", "remedy"),
    [
        (10, "target_as_classes", "task='regression'"),
        (30, "target_as_numbers", "task='classification'"),
    ],
)
def test_what_whole_numbers_were_taken_for_is_told(n_different, code, remedy):
    y = np.arange(N) % n_different
    (finding,) = described(y, TargetColumn(is_guessed=True))
    assert finding.code == code
    assert remedy in finding.remedy
    assert f"{n_different} different whole numbers (0 to " in finding.message


@pytest.mark.parametrize(
    "y",
    [
        np.arange(N) % 2,  # two classes are never amounts
        np.arange(N),  # hardly codes
        np.arange(N) / 7,
        np.array(["a", "b", "c"] * 100),
    ],
)
def test_nothing_is_told_where_values_leave_nothing_open(y):
    assert described(y, TargetColumn(is_guessed=True)) == []


def test_nothing_is_told_of_a_task_that_was_named():
    assert described(np.arange(N) % 10, TargetColumn(), "classification") == []


@pytest.mark.parametrize(
    ("n_levels", "said"), [(1_500, "1,500 distinct"), (10_500, "10,000 or more")]
)
def test_many_levels_are_counted_up_to_what_is_kept_of_them(find, n_levels, said):
    words = [f"w{i % n_levels}-x" for i in range(4 * n_levels)]

    (finding,) = find({"word": words}, np.arange(len(words)) % 2)["many_levels"]

    assert said in str(finding)
    assert "The most frequent 10,000 are its levels" in str(finding)


def test_labels_that_differ_by_blanks_or_case_are_told():
    y = ["yes", "Yes ", "no", "YES"] * 20
    codes = {f.code: f for f in described(y, TargetColumn())}
    assert "'YES', 'Yes ', 'yes'" in codes["labels_alike"].message
    assert "labels_alike" not in {
        f.code for f in described(["a", "b"] * 9, TargetColumn())
    }


def test_day_and_month_that_could_change_places_are_told(random, find):
    days = [f"{d:02d}/{m:02d}/2021" for d, m in random.integers(1, 12, (N, 2)).tolist()]
    codes = find({"when": days, "x": random.normal(size=N)}, random.normal(size=N))
    (finding,) = codes["day_or_month"]
    assert "month first" in finding.message
    assert "'datetime:dmy'" in finding.remedy


def test_values_that_are_not_read_are_named_with_their_rows(random, find):
    prices = [f"${n:,}" for n in random.integers(1, 9000, N)]
    prices[7] = "ask us"
    codes = find({"price": prices}, random.normal(size=N))
    (finding,) = codes["not_read"]
    assert "'ask us' (row 7)" in finding.message
    assert finding.evidence["rows"] == [7]
