from fractions import Fraction

import numpy as np
import pytest

from headstart.base import Configuration, Step, TaskKind
from headstart.meta.store import rules
from headstart.meta.store.lines import canonical, configuration_of

DEEP = []
for _ in range(50):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (rules.uid, "0" * 63),
        (rules.uid, "A" * 64),
        (rules.uid, "0" * 64 + "\n"),
        (rules.uid, 0),
        (rules.text, "two\nlines"),
        (rules.text, "\x1b[31mred"),
        (rules.text, "nul\0"),
        (rules.text, "\ud800"),
        (rules.text, "\u202eesrever"),
        (rules.text, "x" * 301),
        (rules.text, b"bytes"),
        (rules.text, None),
        (rules.name, ""),
        (rules.name, "  "),
        (rules.sentence, 3),
        (rules.count, -1),
        (rules.count, True),
        (rules.count, 1.0),
        (rules.count, 2**53),
        (rules.count, "1"),
        (rules.integer, 2**63),
        (rules.number, float("inf")),
        (rules.number, -float("inf")),
        (rules.number, 10**400),
        (rules.number, "1.0"),
        (rules.number, True),
        (rules.number, Fraction(1, 2)),
        (rules.seconds, -0.1),
        (rules.one_of(TaskKind), "clustering"),
        (rules.one_of(TaskKind), 1),
        (rules.names, []),
        (rules.names, ["a", "a"]),
        (rules.names, "auc"),
        (rules.names, [1]),
        (rules.names, [str(i) for i in range(2001)]),
        (rules.numbers_by_name, [("a", 1.0)]),
        (rules.numbers_by_name, {"a": "1"}),
        (rules.numbers_by_name, {"": 1.0}),
        (rules.numbers_by_name, {str(i): 1.0 for i in range(2001)}),
        (rules.texts_by_name, {"a": 1}),
        (rules.texts_by_name, {"a": "\0"}),
        (rules.texts_by_name, {"a": "\ud800"}),
        (rules.texts_by_name, {"a": "x" * 500_001}),
        (rules.scores, np.zeros(3, np.float32)),
        (rules.scores, np.zeros((3, 1), int)),
        (rules.scores, np.full((1, 1), np.inf)),
        (rules.scores, np.full((1, 1), 1e39)),
        (rules.scores, np.zeros((1001, 100))),
        (rules.scores, np.zeros((100_001, 0))),
        (rules.scores, [[1.0], [1.0, 2.0]]),
        (rules.scores, [1.0]),
        (rules.scores, [["1.0"]]),
        (rules.scores, DEEP),
        (rules.scores, "scores"),
        (rules.configuration, {"learner": "ridge", "parameters": {}}),
        (rules.configuration, Configuration("", {})),
        (rules.configuration, Configuration("ridge", {"alpha": float("nan")})),
        (rules.configuration, Configuration("ridge", {"alpha": float("inf")})),
        (rules.configuration, Configuration("ridge", {"alpha": [1]})),
        (rules.configuration, Configuration("ridge", {"alpha": 2**64})),
        (rules.configuration, Configuration("ridge", {}, -1)),
        (rules.configuration, Configuration("ridge", {1: 1})),
        (rules.optional_configuration, "ridge"),
    ],
)
def test_what_no_record_can_hold_is_refused_and_shown(rule, value):
    with pytest.raises(ValueError, match=r"must be .*\. Got ") as raised:
        rule(value)

    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("rule", "value", "canonical"),
    [
        (rules.text, "", ""),
        (rules.name, "Über-Größe 北京", "Über-Größe 北京"),
        (rules.count, np.int64(3), 3),
        (rules.integer, -5, -5),
        (rules.number, np.float32(0.5), 0.5),
        (rules.number, 1, 1.0),
        (rules.number, float("nan"), None),
        (rules.number, None, None),
        (rules.one_of(TaskKind), TaskKind.BINARY, "binary"),
        (rules.names, ("a", "b"), ["a", "b"]),
        (rules.scores, np.empty((0, 2)), []),
        (rules.scores, np.array([[0.1, np.nan]], np.float32), [[0.1, None]]),
        (rules.scores, [[0.1, None]], [[0.1, None]]),
        (rules.optional_configuration, None, None),
    ],
)
def test_values_get_one_form(rule, value, canonical):
    normalised = rule(value)

    assert normalised == canonical
    assert type(normalised) is type(canonical)


def test_a_reason_of_many_lines_becomes_one_printable_line():
    assert rules.sentence("No  room:\n\t\x1b[1mdisk\ud800 ") == "No room: ?[1mdisk?"
    assert len(rules.sentence("x" * 9999)) == 500


def test_scores_of_float32_survive_their_shortest_decimals():
    rng = np.random.default_rng(0)
    table = (rng.normal(size=(50, 4)) * 10.0 ** rng.integers(-30, 30, (50, 4))).astype(
        np.float32
    )

    assert np.array_equal(np.array(rules.scores(table)).astype(np.float32), table)


STEP = {"name": "pca", "parameters": {"n": 2}, "space_version": 1}
CONFIGURATION = {"learner": "ridge", "parameters": {}, "space_version": 1}


def test_a_configuration_may_have_transforms_and_is_known_by_its_own_json():
    configuration = Configuration("ridge", transforms=(Step("pca", {"n": 2}),))

    taken = rules.configuration(configuration)

    assert taken == {**CONFIGURATION, "transforms": [STEP]}
    assert canonical(rules.configuration(taken)) == configuration.to_json()
    assert configuration_of(taken) == configuration
    assert "transforms" not in rules.configuration(Configuration("ridge"))


@pytest.mark.parametrize(
    "steps", [[], "pca", [{"name": "pca"}], [{**STEP, "more": 1}], [STEP] * 51]
)
def test_transforms_that_are_none_are_refused(steps):
    with pytest.raises(ValueError, match=r"transforms|name, parameters|mapping"):
        rules.configuration({**CONFIGURATION, "transforms": steps})
