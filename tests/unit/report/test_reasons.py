from dataclasses import replace

import pytest
from tests.stored_facts import stored_facts

from headstart.report import render_report
from headstart.report.reasons import reason_missing

NO_TIME = (
    "The time limit left no time for importance, effects, slices and the intervals of "
    "metrics other than rmse."
)
WEIGHTED = (
    "Sample weights count in metrics, importance and thresholds. Confusion, effects "
    "and weak slices count every row once."
)
FAILED = "The inspection could not be computed: ValueError: no rows"
WITHOUT = {"importance": (), "effects": (), "slices": (), "explanations": None}


def test_a_note_on_how_to_read_a_part_is_no_reason_for_its_absence():
    facts = replace(stored_facts("regression"), notes=(WEIGHTED, NO_TIME))

    assert reason_missing(facts, ("slice",)) == NO_TIME
    assert reason_missing(facts, ("confusion",), "none") == "none"


@pytest.mark.parametrize("note", [NO_TIME, FAILED])
def test_the_page_says_not_measured_with_the_reason_where_a_part_is_missing(note):
    facts = replace(stored_facts("regression"), **WITHOUT, notes=(WEIGHTED, note))

    page = render_report(facts)

    for part in ("Importance", "Effects", "Weak slices", "Explanations"):
        assert f"<strong>{part}:</strong> not measured. {note}" in page
    assert "No group of rows stands out" not in page


def test_slices_that_were_looked_for_and_not_found_are_not_called_unmeasured():
    facts = replace(stored_facts("regression"), slices=(), notes=(WEIGHTED,))

    assert "<strong>Weak slices:</strong> none. No group" in render_report(facts)


def test_the_card_says_what_was_not_measured_and_why():
    facts = replace(stored_facts("regression"), **WITHOUT, notes=(WEIGHTED, NO_TIME))

    card = render_report(facts, "md")

    for heading in ("Feature importance", "Weak slices"):
        part = card.split(f"## {heading}")[1].split("##")[0]
        assert "Not measured. The time limit left no time for importance" in part
