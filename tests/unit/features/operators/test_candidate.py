"""Candidates: canonical, in words, and back from JSON."""

import pickle
from pathlib import Path

import pytest

from headstart.exceptions import ArtifactError, ColumnError
from headstart.features import OPERATORS, Candidate


def example(name: str) -> Candidate:
    operator = OPERATORS[name]
    return Candidate(name, ("b", "c", "a")[: max(operator.least, 1)])


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_name_and_words_without_gaps(name):
    candidate = example(name)

    assert all(column in candidate.name for column in candidate.columns)
    assert all(column in candidate.explain() for column in candidate.columns)
    assert not {"{", "}"} & set(candidate.name + candidate.explain())


@pytest.mark.parametrize("name", OPERATORS)
def test_every_candidate_comes_back_from_json_and_pickle(name):
    candidate = Candidate(name, example(name).columns, origin="screened, rank 3")

    for read in (
        Candidate.from_json(candidate.to_json()),
        pickle.loads(pickle.dumps(candidate)),
    ):
        assert (read, read.origin) == (candidate, candidate.origin)
        assert hash(read) == hash(candidate)


def test_names_of_different_candidates_differ():
    names = [example(name).name for name in OPERATORS]
    assert len(set(names)) == len(names)
    assert Candidate("frequency", ("a",)).name != (
        Candidate("frequency", ("a",), {"n_bins": 4}).name
    )


def test_columns_that_may_change_places_are_sorted():
    assert Candidate("multiply", ("b", "a")).columns == ("a", "b")
    assert Candidate("divide", ("b", "a")).columns == ("b", "a")
    assert Candidate("group_mean", ("x", "b", "a")).columns == ("x", "a", "b")
    assert Candidate("row_sum", ("b", "a")).columns == ("b", "a")


def test_an_unknown_operator_is_refused_with_the_near_spelling():
    with pytest.raises(ValueError, match="did you mean 'divide'"):
        Candidate("devide", ("a", "b"))


@pytest.mark.parametrize(
    ("operator", "columns"),
    [("divide", ("a",)), ("divide", ("a", "a")), ("row_sum", ()), ("square", (1,))],
)
def test_wrong_columns_are_refused(operator, columns):
    with pytest.raises(ColumnError, match=operator):
        Candidate(operator, columns)


@pytest.mark.parametrize(
    ("operator", "options"),
    [
        ("square", {"n_bins": 3}),
        ("quantile_bin", {"n_bins": 1}),
        ("quantile_bin", {"n_bins": 2.5}),
        ("round_to", {"multiple": 0}),
        ("round_to", {"multiple": True}),
        ("weight_of_evidence", {"smoothing": "auto"}),
        ("target_mean", {"smoothing": float("nan")}),
    ],
)
def test_wrong_options_are_refused(operator, options):
    with pytest.raises(ValueError, match=operator):
        Candidate(operator, ("a",), options)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"operator": 1, "columns": [], "options": {}, "origin": ""}',
        '{"operator": "no", "columns": [], "options": {}, "origin": ""}',
        '{"operator": "square", "columns": ["a"], "options": [], "origin": ""}',
        "[" * 100_000,
    ],
)
def test_what_is_no_candidate_is_refused(text):
    with pytest.raises(ArtifactError):
        Candidate.from_json(text)


def test_the_page_names_every_operator_and_its_options():
    page = Path(__file__).parents[4] / "docs" / "reference" / "features.md"
    text = page.read_text(encoding="utf-8")

    assert [name for name in OPERATORS if f"`{name}`" not in text] == []
    options = {option for o in OPERATORS.values() for option in o.options}
    assert [option for option in options if f"`{option}`" not in text] == []
