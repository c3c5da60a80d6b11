"""Each hook at work, through the public names."""

import json

import numpy as np
import pytest
from sklearn.model_selection import KFold

import headstart
from headstart import AutoClassifier, Validation
from headstart.base import Float, Learner, SearchSpace, TaskKind
from headstart.base.events import RunFinished, RunStarted
from headstart.exceptions import MissingPluginError, TableError
from headstart.meta.plugin_features import describe_by_plugins
from headstart.meta.store import KnowledgeBase
from headstart.plugins import (
    DescribedTable,
    ExporterRecord,
    ListenerRecord,
    MetaFeatureRecord,
    MetricRecord,
    SplitterRecord,
    TableReaderRecord,
    hookimpl,
    load_plugins,
    register,
)

BINARY = frozenset({TaskKind.BINARY})


def plugin(hook, *items):
    """An object that registers `items` by one hook."""

    class Made:
        pass

    def call(self, register):
        for item in items:
            register(item)

    call.__name__ = hook
    setattr(Made, hook, hookimpl(call))
    return Made


def fitted(table, **settings):
    X, y = table
    listeners = settings.pop("listeners", ())
    model = AutoClassifier(
        **{
            "time_limit": None,
            "max_trials": 1,
            "n_jobs": 1,
            "learners": ["logistic"],
            "random_state": 0,
            "validation": Validation(folds=3, repeats=1),
            **settings,
        }
    )
    return model.fit(X, y, listeners=listeners)


class Prior(Learner):
    name = "prior"

    def search_space(self, task):
        return SearchSpace({"tilt": Float(0.0, 1.0)}, default={"tilt": 0.0})

    def fit(self, task, parameters, rows, validation, resources):
        return float(np.mean(rows.y))

    def predict(self, model, X, task):
        return np.tile([1 - model, model], (X.n_rows, 1))

    def dump(self, model):
        return {"mean": repr(model).encode()}

    def load(self, parts):
        return float(parts["mean"])


@pytest.mark.workers
def test_a_learner_registered_in_a_running_program_is_searched_by_workers(
    table, tmp_path
):
    register(plugin("register_learners", Prior()), name="mine")

    model = fitted(table, learners=["prior"])
    model.save(tmp_path / "m.headstart")

    assert model.leaderboard()["learner"].to_list() == ["prior"]
    loaded = headstart.load(tmp_path / "m.headstart")
    assert np.array_equal(loaded.predict(table[0]), model.predict(table[0]))


def test_a_metric_is_optimised_by_its_name(table):
    def hits(y_true, y_pred):
        return float((y_true == y_pred).sum())

    register(plugin("register_metrics", MetricRecord("hits", hits, BINARY)))
    X, y = table
    labels = np.array(["no", "yes"])[y]

    model = fitted((X, labels), metric="hits")

    assert model.metric_ == "hits"
    assert (
        model.evaluate(X, labels, ["hits"])["hits"]
        == (model.predict(X) == labels).sum()
    )


def test_a_metric_of_probabilities_that_is_better_when_lower_is_minimised(table):
    def gap(y_true, y_pred):
        return float(np.abs(y_true - y_pred).mean())

    register(
        plugin(
            "register_metrics", MetricRecord("gap", gap, BINARY, False, "probability")
        )
    )
    model = fitted(table, metric="gap")

    X, y = table
    expected = np.abs(y - model.predict_proba(X)[:, 1]).mean()
    assert model.evaluate(X, y, ["gap"])["gap"] == pytest.approx(expected)
    assert 0 < model.leaderboard()["score"][0] < 0.5


def test_an_unknown_metric_names_those_of_plugins(table):
    register(plugin("register_metrics", MetricRecord("profit", max, BINARY)))
    with pytest.raises(ValueError, match="did you mean 'profit'"):
        fitted(table, metric="profits")


def test_a_splitter_holds_rows_out_by_its_name(table):
    seeds = []

    def thirds(seed):
        seeds.append(seed)
        return KFold(3)

    register(plugin("register_splitters", SplitterRecord("thirds", thirds)))

    model = fitted(table, validation="thirds")

    assert model.leaderboard()["folds"].to_list() == [3]
    assert seeds == [0]
    with pytest.raises(ValueError, match="did you mean 'thirds'"):
        fitted(table, validation="third")


def test_a_listener_hears_each_run_and_its_facts(table):
    all_facts, heard = [], []

    def listen(facts):
        all_facts.append(json.loads(json.dumps(facts)))
        return heard.append

    register(plugin("register_listeners", ListenerRecord("ear", listen)))

    fitted(table)
    fitted(table)

    assert [facts["learners"] for facts in all_facts] == [["logistic"], ["logistic"]]
    assert all_facts[0]["n_rows"] == 60
    assert sum(isinstance(event, RunStarted) for event in heard) == 2
    assert sum(isinstance(event, RunFinished) for event in heard) == 2


def test_a_listener_that_cannot_be_made_or_raises_costs_nothing_but_itself(table):
    def refuse(facts):
        raise ConnectionError("no tracker there")

    def raises(event):
        raise RuntimeError("deaf")

    register(
        plugin(
            "register_listeners",
            ListenerRecord("absent", refuse),
            ListenerRecord("deaf", lambda facts: raises),
        ),
        name="ears",
    )
    events = []

    model = fitted(table, listeners=[events.append])

    assert model.leaderboard()["status"].to_list() == ["done"]
    notices = [e.message for e in events if type(e).__name__ == "Notice"]
    assert any("'absent'" in m and "no tracker there" in m for m in notices)


def test_a_reader_reads_files_of_its_ending_and_addresses_of_its_scheme(tmp_path):
    paths = []

    def read(path):
        paths.append(path)
        return {"size": [1, 2, 3] * 20, "kind": ["a", "b", "a"] * 20}

    reader = TableReaderRecord("boxes", read, (".box",), ("crate",))
    register(plugin("register_table_readers", reader))
    place = tmp_path / "things.BOX"
    place.write_text("boxes")

    model = headstart.train(
        str(place),
        target="kind",
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        learners=["logistic"],
        listeners=[],
    )
    assert len(model.predict("crate://warehouse/3")) == 60
    assert paths == [str(place), "crate://warehouse/3"]

    with pytest.raises(TableError, match="There is no file"):
        model.predict(tmp_path / "other.box")
    with pytest.raises(TableError, match=r"s3://bucket/table has no ending\. Expected"):
        model.predict("s3://bucket/table")


def test_what_a_reader_raises_is_a_table_error_that_names_it(tmp_path):
    def read(path):
        raise KeyError("no sheet")

    register(
        plugin("register_table_readers", TableReaderRecord("boxes", read, (".box",)))
    )
    place = tmp_path / "things.box"
    place.write_text("")
    with pytest.raises(TableError, match=r"reader 'boxes' failed on .*no sheet"):
        headstart.train(place, target="kind")


def test_an_exporter_writes_a_model_by_name_or_by_ending(table, tmp_path):
    def write(model, path):
        path.write_text(json.dumps(model.info()["members"]))

    register(plugin("register_exporters", ExporterRecord("facts", ".facts", write)))
    model = fitted(table)

    model.export(tmp_path / "m.facts")
    model.export(tmp_path / "m.json", format="facts")

    assert json.loads((tmp_path / "m.facts").read_text())[0]["learner"] == "logistic"
    assert (tmp_path / "m.json").exists()
    with pytest.raises(MissingPluginError, match=r"There are: 'facts' \(.facts\)"):
        model.export(tmp_path / "m.onnx")


def test_meta_features_are_kept_by_learning_and_count_in_later_searches(
    table, tmp_path, monkeypatch
):
    monkeypatch.setenv("HEADSTART_META_DB", str(tmp_path / "own.db"))

    def describe(summary):
        assert summary.n_classes == 2
        return {"mean_of_first": float(summary.frame.to_series(0).mean())}

    record = MetaFeatureRecord("means", describe)
    register(plugin("register_meta_features", record), name="describer")

    fitted(table, learn=True)
    with KnowledgeBase.open(tmp_path / "own.db", read_only=True) as base:
        evidence = base.evidence(BINARY, "roc_auc")
    place = evidence.feature_names.index("describer:mean_of_first")
    first = float(np.mean(table[0][:, 0]))
    assert evidence.features[0, place] == pytest.approx(first)

    # The next search compares by it, and a failing one is told and left out.
    calls = []
    from headstart.search.propose import precedents as guide

    def spy(evidence, features, *rest, **more):
        calls.append((evidence.feature_names, dict(features)))
        return adviser(evidence, features, *rest, **more)

    adviser = guide.Adviser
    monkeypatch.setattr(guide, "Adviser", spy)
    fitted(table)
    names, features = calls[0]
    assert names[-1] == "describer:mean_of_first"
    assert features["describer:mean_of_first"] == pytest.approx(first)


def test_meta_features_that_fail_are_told_and_left_out():
    def describe(summary):
        raise ZeroDivisionError("empty")

    register(
        plugin(
            "register_meta_features",
            MetaFeatureRecord("broken", describe),
            MetaFeatureRecord("text", lambda summary: {"a": "?"}),
            MetaFeatureRecord("whole", lambda summary: {"b": float("inf"), "c": 1}),
        ),
        name="describer",
    )
    values, problems = describe_by_plugins(load_plugins(), DescribedTable(None))
    assert list(values) == ["describer:b", "describer:c"]
    assert np.isnan(values["describer:b"])
    assert "'broken' of describer" in problems[0]
    assert "empty" in problems[0]
    assert "'text' of describer" in problems[1]
