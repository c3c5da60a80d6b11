import numpy as np
import pytest

N = 400


def noise(random, n=N):
    return {f"x{i}": random.normal(size=n) for i in range(3)}


def test_noise_leaks_nothing(random, find):
    codes = find(noise(random), random.normal(size=N))
    assert not {"leak", "strong_column", "row_order", "groups", "time"} & set(codes)


def test_a_target_of_one_number_is_explained_by_nothing(random, find):
    assert "leak" not in find(noise(random), np.ones(N), kind="regression")


@pytest.mark.parametrize("kind", ["values", "classes", "words", "missing"])
def test_a_column_that_is_the_answer_in_another_form_is_found(kind, random, find):
    y = random.normal(size=N)
    columns = noise(random)
    if kind == "values":
        columns["answer"] = np.exp(y)
    else:
        y = np.where(y > 0, "yes", "no")
        columns["answer"] = {
            "classes": np.where(y == "yes", 7.0, 3.0) + random.normal(size=N) / 9,
            "words": np.where(y == "yes", "left us", random.choice(["a", "b"], N)),
            "missing": [
                v if t == "yes" else None for v, t in zip(columns["x0"], y, strict=True)
            ],
        }[kind]
    (leak,) = find(columns, y)["leak"]
    assert leak.columns == ("answer",)
    assert leak.severity == "warning"
    assert "columns={'answer': 'identifier'}" in leak.remedy
    assert leak.evidence["share_explained"] > 0.95
    assert leak.evidence["by"] == ("whether it is missing" if kind == "missing" else "")


def test_many_rare_levels_explain_nothing(random, find):
    codes = find(
        {**noise(random), "ticket": [f"t{i % 390}" for i in range(N)]},
        random.normal(size=N),
    )
    assert not {"leak", "strong_column"} & set(codes)


def test_a_column_akin_by_name_is_asked_about_earlier(random, find):
    y = random.normal(size=N)
    half = y + random.normal(size=N) * 0.9
    columns = {**noise(random), "dep_delay": half}
    assert "strong_column" not in find(columns, y, "price")
    (finding,) = find(columns, y, "arr_delay")["strong_column"]
    assert "'delay'" in finding.message
    assert finding.severity == "warning"


def test_a_sum_that_holds_the_target_is_found(random, find):
    fare, tolls, tip = (random.gamma(2.0, scale, N) for scale in (9.0, 2.0, 2.0))
    total = fare + tolls + tip + random.choice([0.5, 1.0], N)
    columns = {**noise(random), "fare": fare, "tolls": tolls, "total": total}
    (leak,) = find(columns, tip, "tip")["leak"]
    assert leak.evidence["sum"] == "total - fare - tolls"
    assert "'total', contains the target" in leak.message


def test_a_linear_law_is_no_identity(random, find):
    columns = noise(random)
    y = 2.1 * columns["x0"] - 1.4 * columns["x1"] + random.normal(size=N) / 10
    assert "leak" not in find(columns, y)
