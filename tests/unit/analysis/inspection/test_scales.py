import polars as pl

from headstart.analysis.inspection.scales import Scale, scales_of
from headstart.tables import Schema

DAY = 86_400_000_000


def test_booleans_items_and_days_have_scales_and_other_numbers_do_not():
    table = pl.DataFrame(
        {
            "age": [float(i) + 0.5 for i in range(30)],
            "active": [True, False, True] * 10,
            "tags": [["a"], ["a", "b"], ["b"]] * 10,
            "signup": pl.Series([1000 + i for i in range(30)]).cast(pl.Date),
        }
    )

    scales = scales_of(Schema.learn(table, {"tags": "list", "signup": "datetime"}))

    assert scales["active"].is_boolean
    assert scales["tags: a"].is_boolean
    assert scales["signup.days"].name == "signup"
    assert scales["signup.days"].first_day == "1972-09-27T00:00:00"
    assert not {"age", "tags.length", "signup.month"} & set(scales)


def test_moments_within_days_are_told_with_their_time():
    scale = Scale("signup", first_moment=1000 * DAY)

    assert scale.words([0.0, 0.5]) == ["1972-09-27 00:00:00", "1972-09-27 12:00:00"]


def test_a_date_beyond_the_calendar_of_python_stays_a_number():
    scale = Scale("signup", first_moment=2**62)

    assert scale.words([1.0, 2.5]) == ["1", "2.5"]
    assert scale.first_day == ""
