import json
from dataclasses import replace

import pytest
from tests.stored_facts import KINDS, stored_facts

from headstart.exceptions import ArtifactError
from headstart.facts import (
    FACTS_VERSION,
    Calibration,
    Confusion,
    Curve,
    Effect,
    Facts,
    Series,
)


@pytest.mark.parametrize("kind", KINDS)
def test_facts_come_back_from_json_equal_and_to_the_same_text(kind):
    facts = stored_facts(kind)

    text = facts.to_json()

    assert Facts.from_json(text) == facts
    assert Facts.from_json(text).to_json() == text


def test_most_parts_may_be_missing():
    facts = stored_facts("binary")
    bare = Facts(
        FACTS_VERSION,
        "2026-01-31",
        {},
        facts.task,
        facts.validation,
        (),
        facts.budget,
    )

    assert Facts.from_json(bare.to_json()) == bare
    assert bare.explanations is None
    assert bare.roc == ()


@pytest.mark.parametrize("version", [None, "1", True, 0])
def test_a_document_without_a_version_is_refused(version):
    with pytest.raises(ArtifactError, match="have no version"):
        Facts.from_record({"version": version})


def test_a_newer_document_is_refused_with_what_to_do():
    record = stored_facts("binary").to_record() | {"version": FACTS_VERSION + 1}

    with pytest.raises(ArtifactError, match="pip install -U headstart"):
        Facts.from_record(record)


def test_an_older_document_is_refused_with_what_to_do():
    record = stored_facts("binary").to_record() | {"version": 1}

    with pytest.raises(ArtifactError, match=r"version 1; .* hint: fit again"):
        Facts.from_record(record)


@pytest.mark.parametrize("record", [[], None, "facts", {"version": FACTS_VERSION}])
def test_what_is_no_document_is_refused(record):
    with pytest.raises(ArtifactError):
        Facts.from_json(json.dumps(record))


def test_a_number_that_is_not_finite_is_not_written():
    facts = stored_facts("binary")
    broken = replace(facts, budget=replace(facts.budget, seconds=float("nan")))

    with pytest.raises(ValueError, match=r"facts\.budget\.seconds"):
        broken.to_json()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Curve("a", (0.0, 1.0), (0.0,), None),
        lambda: Calibration("a", (0.1,), (), (), (), ()),
        lambda: Confusion(("a", "b"), ((1, 0), (1,))),
        lambda: Effect("x", "numeric", (1.0,), (Series("", ()),), (1.0,), "ale"),
    ],
)
def test_parts_that_belong_together_are_of_one_length(make):
    with pytest.raises(ValueError, match="must be of one length"):
        make()


def test_a_stored_part_of_wrong_length_is_refused():
    record = stored_facts("binary").to_record()
    record["roc"][0]["x"].pop()

    with pytest.raises(ArtifactError, match=r"facts\.roc\[0\] is damaged"):
        Facts.from_record(record)
