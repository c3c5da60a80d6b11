import json
from dataclasses import replace

import pytest
from tests.hostile_facts import HOSTILE, hostile_facts, wide_facts
from tests.stored_facts import KINDS, stored_facts

from headstart.facts import Effect, Series, Spent
from headstart.report.plots import figures
from headstart.report.plots.drawing import CONFIG
from headstart.report.plots.figure import label_expression

OF_CLASSES = {"roc", "precision_recall", "calibration", "probabilities", "confusion"}
OF_NUMBERS = {"actual_and_predicted", "residuals", "values"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("binary", OF_CLASSES | {"thresholds"}),
        ("multiclass", OF_CLASSES),
        ("regression", OF_NUMBERS),
    ],
)
def test_each_kind_of_task_has_its_figures(kind, expected):
    names = set(figures(stored_facts(kind)))

    assert expected | {"leaderboard", "importance", "effect_0"} <= names
    assert not names & ((OF_CLASSES | OF_NUMBERS | {"thresholds"}) - expected)


def test_what_lacks_facts_has_no_figure():
    facts = stored_facts("binary")
    bare = replace(
        facts,
        **dict.fromkeys(("roc", "precision_recall", "calibration"), ()),
        **dict.fromkeys(("predictions", "importance", "effects"), ()),
        **dict.fromkeys(("confusion", "thresholds", "explanations"), None),
        trials=(),
        budget=replace(facts.budget, history=(), learners=()),
    )

    assert figures(bare) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_each_figure_says_what_it_shows(kind):
    for figure in figures(stored_facts(kind)).values():
        assert figure.alt.endswith("."), figure.name
        assert figure.title


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_never_a_name_of_a_field_or_an_expression(kind):
    for figure in figures(hostile_facts(kind)).values():
        for key, value in _leaves(figure.spec):
            if key in {"field", "labelExpr", "expr", "signal", "datum"}:
                assert "hacked" not in value, (figure.name, key)


def test_figures_of_a_wide_table_are_bounded():
    for figure in figures(wide_facts()).values():
        assert len(json.dumps(figure.spec)) < 150_000, figure.name


def test_labels_are_escaped_whole():
    for text in HOSTILE:
        expression = label_expression({"0": text})
        inside = expression.removeprefix("{'0':'").removesuffix("'}[datum.value]")
        assert not set(inside) - set("\\u0123456789abcdef")


def test_time_is_summed_over_what_has_one_label():
    facts = stored_facts("binary")
    steps = [f"a_long_name_of_a_transform_{i}" for i in range(4)]
    spent = (
        Spent(" + ".join(["ridge", *steps[:3]]), 3.0),
        Spent(" + ".join(["ridge", *steps[1:]]), 2.0),
        Spent("ridge", 1.0),
    )

    drawn = figures(replace(facts, budget=replace(facts.budget, learners=spent)))

    bars = drawn["seconds"].spec["layer"][0]["data"]["values"]
    assert [(row["n"], row["v"]) for row in bars] == [
        ("ridge + 3 transforms", 5.0),
        ("ridge", 1.0),
    ]


# The page has a table of these anyway.
IN_TABLES = {"leaderboard", "importance"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_figure_has_its_values_or_a_table_of_its_own(kind):
    drawn = figures(stored_facts(kind))

    assert {name for name, f in drawn.items() if f.values is None} == IN_TABLES
    for figure in drawn.values():
        rows = figure.values.rows if figure.values else ()
        assert {len(row) for row in rows} <= {
            len(figure.values.headings) if rows else 0
        }


def test_values_of_a_curve_are_those_that_are_drawn():
    facts = stored_facts("binary")
    (curve,) = facts.roc

    rows = figures(facts)["roc"].values.rows

    assert len(rows) <= 31
    assert set(rows) <= {
        (curve.label, x, y) for x, y in zip(curve.x, curve.y, strict=True)
    }
    assert rows[-1][1:] == (1.0, 1.0)


def effect(**changes):
    series = Series("", (1.0, 3.0, 2.0))
    values = {
        "column": "signup.days",
        "kind": "numeric",
        "grid": (0.0, 10.0, 31.0),
        "mean": (series,),
        "share": (0.2, 0.5, 0.3),
        "method": "ale",
    }
    return Effect(**(values | changes))


def drawn_effect(one):
    facts = replace(stored_facts("regression"), effects=(one,))
    return figures(facts)["effect_0"]


def test_a_boolean_has_two_named_levels_in_their_order():
    figure = drawn_effect(
        effect(
            column="active",
            kind="boolean",
            grid=("false", "true"),
            mean=(Series("", (3.0, 1.0)),),
            share=(0.6, 0.4),
            method="partial dependence",
        )
    )

    (points,) = figure.spec["layer"]
    assert points["encoding"]["y"]["type"] == "nominal"
    assert [row["t"] for row in points["data"]["values"]] == ["false: 3", "true: 1"]


def test_days_of_a_date_are_drawn_and_told_as_dates():
    figure = drawn_effect(effect(first_day="2021-03-04T00:00:00"))

    line = figure.spec["layer"][1]
    assert line["encoding"]["x"]["type"] == "temporal"
    assert line["data"]["values"][2]["x"] == "2021-04-04T00:00:00+00:00"
    assert line["data"]["values"][2]["t"] == "signup 2021-04-04: 2"
    assert figure.title == "signup"
    assert "days since 2021-03-04, the first in training" in figure.note
    assert [row[0] for row in figure.values.rows] == [
        "2021-03-04",
        "2021-03-14",
        "2021-04-04",
    ]


def test_a_first_day_that_is_none_leaves_the_numbers():
    figure = drawn_effect(effect(first_day="soon"))

    assert figure.spec["layer"][1]["encoding"]["x"]["type"] == "quantitative"


def test_colours_are_the_pages():
    assert "#" not in json.dumps(CONFIG)


def _leaves(value, key=""):
    if isinstance(value, dict):
        for name, item in value.items():
            if name != "values":
                yield from _leaves(item, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, key)
    else:
        yield key, str(value)
