import json

import numpy as np
import pytest

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import EvaluationRecord
from headstart.meta.store.lines import Line


def test_a_line_is_json_with_sorted_keys_and_no_blanks(kit):
    text = Line.of(kit.evaluation(scores=[[0.1, np.nan]])).text

    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert '"scores":[[0.1,null]]' in text


def test_each_record_is_read_back_from_its_line(kit):
    records = [r for r in kit.one_of_each() if type(r).__name__ != "FetchRecord"]

    for record in records:
        again = Line.read(Line.of(record).text).record
        if isinstance(record, EvaluationRecord):
            assert np.array_equal(again.scores, record.scores)
            assert again.scores.dtype == np.float32
            assert again.scores.shape == record.scores.shape
        else:
            assert again == record
        assert Line.of(again).text == Line.of(record).text


def test_who_brought_a_record_is_no_part_of_what_it_is(kit):
    ours, theirs = (Line.of(kit.dataset(), origin) for origin in ("local", "shipped"))

    assert ours.content == theirs.content
    assert ours.text != theirs.text


def test_an_evaluation_says_itself_who_brought_it(kit):
    record = kit.evaluation(origin="shipped")

    assert Line.of(record).origin == "shipped"
    assert Line.of(record, "server").origin == "server"
    assert Line.of(record).record.origin == "shipped"


def test_other_seconds_contradict_and_another_seed_does_not(kit):
    line = Line.of(kit.evaluation())
    measured_again = Line.of(kit.evaluation(fit_seconds=9.0))
    another = Line.of(kit.evaluation(seed=1))

    assert measured_again.content != line.content
    assert measured_again.key_hash == line.key_hash
    assert another.key_hash != line.key_hash


def test_a_field_that_is_wrong_is_named(kit):
    with pytest.raises(
        KnowledgeBaseError, match="field 'n_rows' of a record 'dataset'"
    ):
        Line.of(kit.dataset(n_rows=-1))


def test_scores_must_fit_the_metrics(kit):
    with pytest.raises(KnowledgeBaseError, match="a column for each of its 2 metrics"):
        Line.of(kit.evaluation(scores=[[0.5]]))


def test_what_is_no_record_is_refused():
    with pytest.raises(KnowledgeBaseError, match="Got a dict"):
        Line.of({"uid": "0"})


GOOD = (
    '{"family":"f","kind":"binary","licence":"","n_classes":2,"n_features":1,'
    '"n_rows":3,"name":"n","origin":"o","record":"dataset","source":"s","uid":"%s"}'
) % ("0" * 64)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "one JSON object"),
        ("[]", "Got a list"),
        ("3", "Got a int"),
        ("{", "one JSON object"),
        ("[" * 100_000, "one JSON object"),
        (GOOD + GOOD, "one JSON object"),
        (GOOD.replace('"n_rows":3', '"n_rows":NaN'), "null stands for NaN"),
        (GOOD.replace('"n_rows":3', '"n_rows":1e999'), "'n_rows'"),
        (GOOD.replace('"n_rows":3', '"n_rows":' + "9" * 5000), "one JSON object"),
        (GOOD.replace('"n_rows":3', '"n_rows":3.5'), "'n_rows'"),
        (GOOD.replace('"n_rows":3', '"n_rows":true'), "'n_rows'"),
        (GOOD.replace('"n_rows":3', '"n_rows":3,"n_rows":4'), "a field twice"),
        (GOOD.replace('"n_rows":3,', ""), r"Missing: \['n_rows'\]"),
        (GOOD.replace('"n_rows":3', '"n_rows":3,"extra":1'), r"Unknown: \['extra'\]"),
        (GOOD.replace('"binary"', '"clustering"'), "one of binary, multiclass"),
        (GOOD.replace('"name":"n"', '"name":"a\\u001b[0m"'), "'name'"),
        (GOOD.replace('"name":"n"', '"name":"\\ud800"'), "'name'"),
        (GOOD.replace('"origin":"o"', '"origin":null'), "'origin'"),
        (GOOD.replace('"dataset"', '"fetch"'), "must be one of dataset"),
        (GOOD.replace('"dataset"', '["dataset"]'), "must be one of dataset"),
    ],
)
def test_hostile_lines_are_refused(text, words):
    assert Line.read(GOOD).fields["n_rows"] == 3
    with pytest.raises(KnowledgeBaseError, match=words) as raised:
        Line.read(text)

    assert len(str(raised.value)) < 1000
