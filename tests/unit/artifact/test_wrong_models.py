"""Model files with right checksums and a wrong content: each is refused at loading."""

import json

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from tests.small_models import small_model, small_table

from headstart.artifact import read_artifact, write_artifact
from headstart.artifact.model_file import load_model, save_model
from headstart.base import Learner
from headstart.exceptions import ArtifactError
from headstart.sdk import from_estimator


class Rewritten:
    """A saved model whose records and parts can be changed, checksums right."""

    def __init__(self, model, folder):
        self.folder = folder
        save_model(model, folder / "m", {"class": "AutoClassifier"})
        artifact = read_artifact(folder / "m")
        self.record = artifact.record("model.json")
        self.members = self.record["members"]
        self.parts = dict(artifact.parts)

    def load(self, **options):
        if self.record is not None:
            self.put("model.json", self.record)
        write_artifact(self.folder / "wrong", self.parts)
        return load_model(self.folder / "wrong", **options)[0]

    def json(self, name):
        return json.loads(self.parts[name])

    def put(self, name, record):
        self.parts[name] = json.dumps(record).encode()


@pytest.fixture
def saved(tmp_path):
    return Rewritten(small_model(), tmp_path)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("step", [None, "count_encoding"])
def test_a_model_comes_back_and_predicts_the_same(tmp_path, kind, step):
    model = small_model(kind, step=step)

    again = Rewritten(model, tmp_path).load()

    expected = model.predict_outputs(small_table())
    assert np.array_equal(again.predict_outputs(small_table()), expected)


@pytest.mark.parametrize("weight", [0.0, -1.0, 2.0, 0.5, True, "1", None])
def test_weights_that_are_not_shares_are_refused(saved, weight):
    saved.members[0]["weight"] = weight

    with pytest.raises(ArtifactError, match=r"[Ww]eight"):
        saved.load()


def test_weights_of_opposite_signs_are_refused(saved):
    other = json.loads(json.dumps(saved.members[0]))
    other["fits"] = other["fits"][:1]
    saved.members[0]["fits"] = saved.members[0]["fits"][1:]
    saved.members[0]["weight"], other["weight"] = 3.0, -2.0
    saved.members.append(other)

    with pytest.raises(ArtifactError, match="weight"):
        saved.load()


def test_a_model_without_members_or_without_fits_is_refused(saved):
    saved.members[0]["fits"] = []
    with pytest.raises(ArtifactError, match="no fit"):
        saved.load()

    saved.record["members"] = []
    with pytest.raises(ArtifactError, match="no member"):
        saved.load()


def test_a_fit_that_is_named_twice_is_refused(saved):
    # A small manifest could name one model a million times.
    saved.members[0]["fits"] *= 2

    with pytest.raises(ArtifactError, match="'0-0-0' twice"):
        saved.load()


def test_a_fit_with_more_transforms_than_its_configuration_is_refused(tmp_path):
    saved = Rewritten(small_model(step="count_encoding"), tmp_path)
    saved.members[0]["fits"][0]["transforms"] *= 1000

    with pytest.raises(ArtifactError, match="1000 fitted transforms"):
        saved.load()


def test_a_configuration_that_is_nested_deep_is_refused(saved):
    saved.members[0]["configuration"] = "[" * 200_000

    with pytest.raises(ArtifactError, match="nested"):
        saved.load()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "multiclass"),
        ("kind", "regression"),
        ("kind", "ranking"),
        ("n_classes", 3),
        ("n_classes", 0),
        ("n_classes", 2.0),
        ("n_numeric", 5),
        ("n_categorical", -1),
        ("n_rows", -1),
        ("n_rows", "many"),
        ("metric", None),
    ],
)
def test_a_task_that_does_not_agree_with_the_rest_is_refused(saved, field, value):
    saved.record["task"][field] = value

    with pytest.raises(ArtifactError, match=r"task|kind|'ranking'"):
        saved.load()


@pytest.mark.parametrize(
    ("kind", "other", "learner"),
    [
        ("binary", "multiclass", "logistic"),
        ("binary", "regression", "k_neighbors"),
        ("regression", "multiclass", "k_neighbors"),
        ("multiclass", "binary", "k_neighbors"),
    ],
)
def test_a_model_of_another_kind_of_task_is_refused(tmp_path, kind, other, learner):
    saved = Rewritten(small_model(kind, learner, folds=1), tmp_path)
    foreign = Rewritten(small_model(other, learner, folds=1), tmp_path)
    for part in [name for name in saved.parts if name.startswith("models/")]:
        saved.parts[part] = foreign.parts[part]

    with pytest.raises(ArtifactError, match="task"):
        saved.load()


def test_a_model_of_another_width_than_its_view_is_refused(saved):
    name = "models/0-0-0/target.json"
    record = saved.json(name)
    saved.put(name, record | {"n_features": record["n_features"] + 1})

    with pytest.raises(ArtifactError):
        saved.load()


def test_a_view_of_columns_that_the_table_does_not_have_is_refused(saved):
    record = saved.json("encoders/view-0/view.json")
    saved.put("encoders/view-0/view.json", record | {"numeric": ["y"]})

    with pytest.raises(ArtifactError, match="'y'"):
        saved.load()


def test_a_view_of_a_column_of_another_kind_is_refused(saved):
    record = saved.json("encoders/view-0/view.json")
    record["numeric"], record["categorical"] = ["city"], ["x"]
    saved.put("encoders/view-0/view.json", record)

    with pytest.raises(ArtifactError, match="'city'"):
        saved.load()


def test_a_transform_of_columns_that_the_table_does_not_have_is_refused(tmp_path):
    saved = Rewritten(small_model(step="count_encoding"), tmp_path)
    record = saved.json("transforms/step-0/step.json")
    saved.put("transforms/step-0/step.json", record | {"scope": ["town"]})

    with pytest.raises(ArtifactError, match="'town'"):
        saved.load()


def test_shares_of_classes_that_do_not_sum_to_one_are_refused(saved):
    name = "models/0-0-0/target.json"
    record = saved.json(name)
    record["target"]["prior"] = [0.9, 0.9]
    saved.put(name, record)

    with pytest.raises(ArtifactError, match="inconsistent"):
        saved.load()


class Plain(Learner):
    """A learner that leaves all to the base class."""

    name = "plain"

    def build(self, task, parameters, resources):
        del task, parameters, resources
        return LogisticRegression()


MADE = from_estimator("made", LogisticRegression)


@pytest.mark.parametrize("learner", [Plain(), MADE], ids=lambda v: v.name)
@pytest.mark.parametrize("classes", [[0, 2], [-1, 1], [0, 0], [0.5, 1.0]])
def test_classes_that_the_task_does_not_have_are_refused(tmp_path, learner, classes):
    saved = Rewritten(small_model("binary", learner, folds=1), tmp_path)
    name = "models/0-0-0/model.skops"
    estimator = skops.io.loads(saved.parts[name])
    estimator.classes_ = np.array(classes)
    saved.parts[name] = skops.io.dumps(estimator)

    with pytest.raises(ArtifactError, match="class"):
        saved.load(learners=[learner])


@pytest.mark.parametrize("learner", [Plain(), MADE], ids=lambda v: v.name)
def test_an_estimator_of_another_width_is_refused(tmp_path, learner):
    saved = Rewritten(small_model("binary", learner, folds=1), tmp_path)
    name = "models/0-0-0/model.skops"
    estimator = skops.io.loads(saved.parts[name])
    estimator.n_features_in_ = 99
    saved.parts[name] = skops.io.dumps(estimator)

    with pytest.raises(ArtifactError, match="99 columns"):
        saved.load(learners=[learner])


@pytest.mark.parametrize(
    ("classes", "prior"),
    [([0, 7], [0.5, 0.5]), ([0, 1], [0.9, 0.9]), ([], [0.0, 1.0]), ([0, 1], [2, -1])],
)
def test_codes_of_an_estimator_that_the_task_does_not_have_are_refused(
    tmp_path, classes, prior
):
    saved = Rewritten(small_model("binary", MADE, folds=1), tmp_path)
    name = "models/0-0-0/target.json"
    record = saved.json(name)
    target = record["target"] | {"classes": classes, "prior": prior}
    saved.put(name, record | {"target": target})

    with pytest.raises(ArtifactError):
        saved.load(learners=[MADE])


def test_parts_are_saved_fit_by_fit(tmp_path):
    model = small_model(folds=5)
    kept = []

    class Watched(type(model.ensemble.store)):
        def model(self, name):
            kept.append(name)
            return super().model(name)

    store = model.ensemble.store
    model.ensemble.store = Watched(store.models, store.encoders)

    save_model(model, tmp_path / "m", {})

    # Once for the checksums, once for the file: each fit whole before the next.
    names = [f"0-0-{fold}" for fold in range(5)]
    assert kept == names * 2


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"versions": {"numpy": 2}},
        {"versions": ["numpy"]},
        {"task": {}},
        {"trials": [{"rank": "first"}]},
        {"trials": {"rank": 1}},
        {"colour": "blue"},
    ],
)
def test_facts_of_another_form_are_refused(saved, change):
    saved.put("facts.json", saved.json("facts.json") | change)

    with pytest.raises(ArtifactError, match="model file"):
        saved.load()


@pytest.mark.parametrize("name", ["facts.json", "schema.json", "model.json"])
def test_json_that_is_nested_deep_is_refused(saved, name):
    saved.parts[name] = b"[" * 200_000
    saved.record = None

    with pytest.raises(ArtifactError):
        saved.load()


@pytest.mark.parametrize("record", [[], 1, {}, {"model": {}}])
def test_a_model_of_another_record_is_refused(saved, record):
    saved.record = record

    with pytest.raises(ArtifactError):
        saved.load()


def test_a_part_that_this_version_does_not_know_is_refused(saved):
    saved.parts["bias.json"] = b"{}"

    with pytest.raises(ArtifactError, match=r"needs a reader .*bias\.json"):
        saved.load()


@pytest.mark.parametrize(
    "output", [{"link": "log"}, {"decision": {"threshold": 0.5}}, {"bias": 1}, []]
)
def test_an_output_step_that_does_not_fit_the_model_is_refused(saved, output):
    saved.put("output.json", output)

    with pytest.raises(ArtifactError):
        saved.load()
