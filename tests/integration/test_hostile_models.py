"""Model files whose parts were exchanged by someone who can compute checksums."""

import io
import json
import os
import pickle

import numpy as np
import polars as pl
import pytest

import headstart
from headstart import AutoClassifier, Validation
from headstart.artifact import read_artifact, write_artifact
from headstart.exceptions import ArtifactError, MissingPluginError

LEARNERS = [
    "logistic",
    "random_forest",
    "hist_gradient_boosting",
    "kernel",
    "k_neighbors",
    "mlp",
    "svm",
]


def table(n=80):
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "x": rng.normal(size=n),
            "city": rng.choice(["Bern", "Oslo", "Rome"], n),
        }
    )


@pytest.fixture(scope="module", params=LEARNERS)
def saved(request, tmp_path_factory):
    """Give the path of a saved model of one learner."""
    path = tmp_path_factory.mktemp("models") / f"{request.param}.headstart"
    model = AutoClassifier(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        learners=[request.param],
        validation=Validation(folds=2, repeats=1),
        random_state=0,
        refit=True,
    )
    model.fit(table(), np.arange(80) % 2)
    model.save(path)
    return path


class Harm:
    """Makes a file when its pickle is loaded."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"echo harm > {self.trace}",)


def changed(saved, folder, change):
    """Yield paths of the model with one of its parts changed, all checksums right."""
    artifact = read_artifact(saved)
    for name, content in artifact.parts.items():
        for number, other in enumerate(change(content)):
            path = folder / f"{name.replace('/', '-')}-{number}.headstart"
            write_artifact(path, {**artifact.parts, name: other})
            yield path


def load_and_predict(path):
    """Refuse at loading, or predict: anything else is an error of the test."""
    try:
        model = headstart.load(path)
    except (ArtifactError, MissingPluginError):
        return None
    return model.predict_proba(table())


def test_a_saved_model_predicts_the_same_again(saved, tmp_path):
    artifact = read_artifact(saved)
    write_artifact(tmp_path / "again", artifact.parts)

    first = load_and_predict(saved)

    assert first.shape == (80, 2)
    assert np.array_equal(load_and_predict(tmp_path / "again"), first)


def test_no_part_is_unpickled(saved, tmp_path):
    trace = tmp_path / "trace"
    harm = pickle.dumps(Harm(trace))
    as_object = io.BytesIO()
    np.save(as_object, np.array([Harm(trace)], dtype=object), allow_pickle=True)
    as_objects = io.BytesIO()
    np.savez(as_objects, a=np.array([Harm(trace)], dtype=object))
    contents = [harm, as_object.getvalue(), as_objects.getvalue()]

    for path in changed(saved, tmp_path, lambda _: contents):
        assert load_and_predict(path) is None

    assert not trace.exists()


def test_parts_that_are_empty_cut_or_noise_are_refused(saved, tmp_path):
    noise = np.random.default_rng(0).bytes(500)

    def change(content):
        return [b"", content[: len(content) // 2], content[:-1], noise]

    for path in changed(saved, tmp_path, change):
        assert load_and_predict(path) is None, path.name


@pytest.mark.parametrize("text", ["null", "[]", "{}", "1e999", '"x"', "[[[[[]]]]]"])
def test_parts_of_other_json_are_refused(saved, tmp_path, text):
    for path in changed(saved, tmp_path, lambda _: [text.encode()]):
        # An empty leaderboard is one.
        if not (text == "[]" and "leaderboard" in path.name):
            assert load_and_predict(path) is None, path.name


def test_flipped_bytes_are_refused_or_predict(saved, tmp_path):
    rng = np.random.default_rng(0)

    def change(content):
        for _ in range(6):
            flipped = bytearray(content)
            for at in rng.integers(0, len(content), 3):
                flipped[at] = rng.integers(0, 256)
            yield bytes(flipped)

    for path in changed(saved, tmp_path, change):
        probability = load_and_predict(path)
        assert probability is None or probability.shape[0] == 80


@pytest.mark.parametrize(
    "value", [None, -1, 2**63, 1e308, "x", [], {}, [None], {"model": 1}]
)
def test_wrong_values_in_the_record_are_refused_or_predict(saved, tmp_path, value):
    parts = dict(read_artifact(saved).parts)
    record = json.loads(parts["model.json"])

    def check(changed):
        text = json.dumps(changed).encode()
        write_artifact(tmp_path / "m", {**parts, "model.json": text})
        probability = load_and_predict(tmp_path / "m")
        assert probability is None or probability.shape == (80, 2)

    for key in record:
        check({**record, key: value})
    (member,) = record["members"]
    for key in member:
        check({**record, "members": [{**member, key: value}]})


def test_a_model_of_a_learner_that_is_not_installed_names_it(saved, tmp_path):
    artifact = read_artifact(saved)
    name = saved.stem
    # Models of a kind need no learner.
    kinds: dict = {"learners": {}, "transforms": {}}
    record = json.dumps({**artifact.record("model.json"), "kinds": kinds})
    text = record.replace(name, "tabular_net")
    text = text.replace('"tabular_net": "headstart"', '"tabular_net": "headstart-net"')
    text = text.replace(
        '"distribution": "headstart"', '"distribution": "headstart-net"'
    )
    parts = {**artifact.parts, "model.json": text.encode()}
    write_artifact(tmp_path / "m", parts)

    with pytest.raises(MissingPluginError, match="'tabular_net'") as raised:
        headstart.load(tmp_path / "m")

    assert "headstart-net" in str(raised.value)
