from dataclasses import replace

from tests.hostile_facts import wide_facts
from tests.stored_facts import stored_facts

from headstart.report import render_report
from headstart.report.shortened import shortened


def test_members_of_the_ensemble_stay_however_many_trials_are_better():
    facts = stored_facts("binary")
    member = replace(facts.trials[0], weight=0.5)
    other = replace(facts.trials[0], weight=0.0)

    short = shortened(replace(facts, trials=(other, other, member)), 1)

    assert short.trials == (other, member)
    assert "Of 3 configurations the best 1 and all members" in short.notes[-1]


def test_columns_are_cut_with_a_note():
    short = shortened(wide_facts(n_columns=30), 20)

    assert len(short.columns) == len(short.importance) == 20
    assert "The first 20 of 30 columns are listed." in short.notes


def test_facts_that_fit_are_as_they_were():
    facts = stored_facts("regression")

    assert shortened(facts) == facts


def test_failures_and_origins_count_trials_that_are_not_listed():
    facts = stored_facts("binary")
    failed = replace(
        facts.trials[0],
        rank=None,
        weight=0.0,
        status="failed",
        reason="out of memory",
        origin="sampler",
    )
    many = replace(facts, trials=(*facts.trials, *[failed] * 600))

    page = render_report(many, "html")

    assert "out of memory" in page
    assert ">600<" in page
