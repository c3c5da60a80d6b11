from dataclasses import replace

import pytest
from tests.stored_facts import KINDS, stored_facts

from headstart.facts import FindingFact, MetricFact, Slice
from headstart.report.summary import summarise

BINARY = stored_facts("binary")


def with_metric(value, low, high, baseline, **more):
    name = BINARY.task.metric
    fact = MetricFact(name, value, low, high, True, baseline, **more)
    return replace(BINARY, metrics=(fact,), findings=(), slices=())


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_three_sentences(kind):
    sentences = summarise(stored_facts(kind))

    assert len(sentences) == 3
    assert all(
        s.endswith(".") and s[0].isupper() and "None" not in s for s in sentences
    )


def test_the_first_names_target_and_size():
    model, _, _ = summarise(BINARY)

    assert "“outcome”" in model
    assert "9 columns" in model
    assert "341 rows" in model


def test_the_figure_stands_with_its_interval_and_the_baseline():
    _, quality, _ = summarise(with_metric(0.8, 0.75, 0.85, 0.5))

    assert "0.8 (95 % interval 0.75 to 0.85)" in quality
    assert "This is clearly better than the 0.5" in quality


def test_what_choosing_makes_of_noise_is_not_called_clearly_better():
    # Of 400 rows that know nothing, as measured.
    _, quality, care = summarise(with_metric(0.609, 0.552, 0.663, 0.5))

    assert "not clearly better" in quality
    assert "no better than a constant" in care


def test_an_interval_over_the_baseline_is_called_unclear():
    _, quality, care = summarise(with_metric(0.55, 0.45, 0.65, 0.5))

    assert "not clearly better" in quality
    assert "no better than a constant" in care


@pytest.mark.parametrize("value", [0.5004, 0.95, 0.3])
def test_without_an_interval_there_is_no_verdict_but_the_reason(value):
    facts = with_metric(value, None, None, 0.5, reason="there was no time for it")

    _, quality, care = summarise(facts)

    for word in ("clearly", "better than", "worse than"):
        assert word not in quality
    assert "there was no time for it" in quality
    assert "0.5" in quality
    assert "not measured" in care
    assert "Nothing" not in care


def test_the_constant_prediction_is_named():
    facts = with_metric(0.8, 0.75, 0.85, 0.5, constant="“yes”")

    assert (
        "clearly better than the 0.5 of always predicting “yes”."
        in (summarise(facts)[1])
    )


def test_a_metric_where_lower_is_better_is_judged_the_other_way():
    facts = with_metric(0.7, 0.65, 0.75, 1.0)
    facts = replace(
        facts, metrics=(replace(facts.metrics[0], greater_is_better=False),)
    )

    assert "This is clearly better than the 1 " in summarise(facts)[1]


def test_the_gravest_comes_first():
    finding = FindingFact("leak", "warning", ("a",), "Column 'a' spells y.", {}, "")
    part = Slice("age > 50", 40, "mean log loss", 0.9, 0.4, 0.7, 1.1, 0.001)
    facts = replace(BINARY, findings=(finding,), slices=(part,))

    care = summarise(facts)[2]

    assert care.index("spells y") < care.index("age > 50")


def test_a_slice_that_may_be_luck_is_not_told():
    part = Slice("age > 50", 40, "mean log loss", 0.9, 0.4, 0.7, 1.1, 0.4)

    assert "age" not in summarise(replace(BINARY, findings=(), slices=(part,)))[2]


def test_what_could_not_be_measured_is_said():
    facts = replace(BINARY, metrics=(), trials=())

    assert "could not be measured" in summarise(facts)[1]
