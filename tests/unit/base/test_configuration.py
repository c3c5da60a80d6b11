import hashlib
import json

import pytest

from headstart.base import Configuration, Step, chain_key

PLAIN = '{"learner":"ridge","parameters":{"alpha":1.0},"space_version":2}'


def test_without_transforms_the_json_is_what_it_was_before_there_were_any():
    configuration = Configuration("ridge", {"alpha": 1.0}, 2)

    assert configuration.to_json() == PLAIN
    assert configuration.key == hashlib.sha256(PLAIN.encode()).hexdigest()
    assert Configuration.from_json(PLAIN) == configuration


def test_transforms_are_part_of_the_json_and_of_the_key():
    plain = Configuration("ridge")
    with_step = Configuration("ridge", transforms=(Step("pca", {"n": 2}, 3),))

    assert json.loads(with_step.to_json())["transforms"] == [
        {"name": "pca", "parameters": {"n": 2}, "space_version": 3}
    ]
    assert Configuration.from_json(with_step.to_json()) == with_step
    assert with_step.key != plain.key
    assert with_step.label == "ridge + pca"
    assert str(with_step) == "ridge() + pca(n=2)"


@pytest.mark.parametrize(
    "other", [Step("a", {"n": 2}), Step("b", {"n": 1}), Step("a", {"n": 1}, 2)]
)
def test_chains_are_known_by_content_and_order(other):
    step = Step("a", {"n": 1})

    assert chain_key([]) == ""
    assert chain_key([step]) == chain_key([Step("a", {"n": 1})])
    assert chain_key([step]) != chain_key([other])
    assert chain_key([step, other]) != chain_key([other, step])
