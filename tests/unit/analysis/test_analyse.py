"""The analysis of small fits, as a user gets it."""

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import PredefinedSplit

import headstart
from headstart.facts import Facts
from headstart.report import render_report
from headstart.report.summary import summarise

RANDOM = np.random.default_rng(0)
N = 150
TABLE = pl.DataFrame(
    {
        "signal": RANDOM.normal(size=N),
        "noise": RANDOM.normal(size=N),
        "region": RANDOM.choice(["east", "north"], N),
    }
)
SUM = TABLE["signal"].to_numpy() + 0.5 * (TABLE["region"] == "north").to_numpy()
NOISY = SUM + 0.3 * RANDOM.normal(size=N)


def fit(y, learner, **settings):
    return headstart.train(
        TABLE.with_columns(outcome=pl.Series(y, strict=False)),
        target="outcome",
        time_limit=None,
        max_trials=1,
        learners=[learner],
        n_jobs=1,
        random_state=0,
        listeners=[],
        **settings,
    )


@pytest.fixture(scope="module")
def model():
    return fit(np.where(NOISY > 0, "yes", "no"), "logistic")


def test_the_column_that_decides_is_the_most_important(model):
    first, *others = model.analysis().importance

    assert first.column == "signal"
    assert first.low > 0
    noise = next(one for one in others if one.column == "noise")
    assert noise.low < 0.05
    assert first.p_value < 0.001
    assert noise.p_value > 0.05


def test_the_effect_of_the_column_that_decides_rises(model):
    effect = next(e for e in model.analysis().effects if e.column == "signal")

    assert effect.method == "ale"
    assert effect.mean[0].label == "yes"
    values = effect.mean[0].values
    assert values[0] < 0.3 < 0.7 < values[-1]
    assert sum(effect.share) == pytest.approx(1, abs=1e-4)


def test_metrics_lie_in_their_intervals_and_beat_the_constant(model):
    facts = model.analysis()

    first = facts.metrics[0]
    assert first.name == facts.task.metric == "roc_auc"
    assert first.low <= first.value <= first.high
    assert first.baseline == 0.5 < first.value
    assert facts.confusion is not None
    assert sum(map(sum, facts.confusion.counts)) == N
    assert facts.thresholds is not None
    assert facts.calibration[0].label == "yes"


def test_trials_budget_and_table_are_told(model):
    facts = model.analysis()

    (trial,) = facts.trials
    assert (trial.rank, trial.status, trial.weight) == (1, "done", 1.0)
    assert trial.low < trial.score < trial.high
    assert facts.budget.max_trials == 1
    assert [s.name for s in facts.budget.stages] == ["preparation", "search"]
    assert [c.name for c in facts.columns] == TABLE.columns
    assert facts.validation.n_folds == 8
    assert facts.sizes.model_bytes > 0


def test_the_size_of_the_model_is_that_of_its_file(tmp_path):
    two = headstart.Validation(folds=2, repeats=1)
    model = fit(SUM, "random_forest", validation=two)

    model_bytes = model.analysis().sizes.model_bytes

    n_bytes = model.save(tmp_path / "forest.headstart").stat().st_size
    assert 0.85 * n_bytes < model_bytes <= n_bytes


def test_the_call_that_is_told_names_the_target_and_what_was_chosen(model):
    facts = model.analysis()

    assert "target='outcome'" in facts.reproduce.call
    assert "random_state=0" in facts.reproduce.call
    assert "--max-trials 1" in facts.reproduce.cli
    compile(facts.reproduce.call, "call", "exec")
    assert facts.reproduce.data.n_rows == N


def test_the_analysis_lies_in_the_model_file(model, tmp_path):
    path = model.save(tmp_path / "model.headstart")

    assert headstart.load(path).analysis() == model.analysis()


def test_regression_has_residuals_and_classes_have_curves(monkeypatch):
    monkeypatch.setattr("headstart.analysis.analyse.can_explain", lambda: False)
    values = fit(NOISY, "ridge").analysis()
    classes = fit(np.digitize(NOISY, [-0.5, 0.7]), "logistic").analysis()

    assert sum(b.count for b in values.residuals.bins) == N
    assert values.roc == ()
    assert values.explanations is None
    assert any("headstart[explain]" in note for note in values.notes)
    assert [m.name for m in values.metrics][:2] == ["rmse", "mae"]
    assert [c.label for c in classes.roc] == ["0", "1", "2"]
    assert [s.label for s in classes.effects[0].mean] == ["0", "1", "2"]


def test_a_fit_stands_where_its_analysis_fails(monkeypatch):
    def broken(*arguments, **settings):
        raise RuntimeError("no such luck")

    monkeypatch.setattr("headstart.analysis.analyse.evaluate", broken)
    facts = fit(NOISY, "ridge").analysis()
    assert any("no such luck" in note for note in facts.notes)
    assert facts.metrics == ()
    assert facts.importance

    monkeypatch.setattr("headstart.analysis.analyse.find_slices", broken)
    facts = fit(NOISY, "ridge").analysis()
    assert facts.slices == ()
    assert facts.sizes.model_bytes > 0

    monkeypatch.setattr("headstart.api.fitting.analyse_run", broken)
    model = fit(NOISY, "ridge")
    assert model.predict(TABLE).shape == (N,)
    assert model.analysis().trials[0].rank == 1
    assert "no such luck" in model.analysis().notes[0]
    assert "no such luck" in render_report(model.analysis(), "md")


def test_one_seed_gives_one_analysis_and_a_refit_changes_only_what_it_costs(model):
    facts = fit(np.where(NOISY > 0, "yes", "no"), "logistic", refit=True).analysis()

    for part in ("metrics", "importance", "effects", "slices", "roc", "calibration"):
        assert getattr(facts, part) == getattr(model.analysis(), part)
    assert facts.sizes.model_bytes < model.analysis().sizes.model_bytes


def test_a_fit_too_short_for_an_analysis_has_the_interval_of_its_score():
    model = headstart.train(
        TABLE.with_columns(outcome=pl.Series(NOISY)),
        target="outcome",
        time_limit=4,
        max_trials=1,
        learners=["ridge"],
        n_jobs=1,
        random_state=0,
        listeners=[],
    )
    # An own limit, for a busy machine may have left more time, or none.
    facts = model.analysis()

    assert facts.metrics[0].low < facts.metrics[0].value < facts.metrics[0].high


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_correlation_can_be_optimised():
    def pearson(y_true, y_pred):
        return np.corrcoef(y_true, y_pred)[0, 1]

    facts = fit(NOISY, "ridge", metric=pearson).analysis()

    assert facts.metrics[0].value > 0.8
    assert facts.metrics[0].baseline == pytest.approx(0.0, abs=1e-6)
    assert facts.metrics[0].low > 0.5
    note = "the ensemble weights were chosen on the rows that are scored"
    for format_ in ("html", "md"):
        assert note in render_report(facts, format_)


def test_groups_and_weights_are_told():
    facts = fit(
        NOISY, "ridge", groups=np.arange(N) % 15, sample_weight=np.full(N, 2.0)
    ).analysis()

    page = render_report(facts, "html")
    assert "There are only 15" in page
    assert "count every row once" in page
    assert "There are only 15" in render_report(facts, "md")


def test_a_model_whose_score_is_undefined_is_saved_and_has_no_verdict(tmp_path):
    classes = np.where(NOISY > 0, "yes", "no")
    classes[-30:] = "no"  # all that is held out
    newest = PredefinedSplit([-1] * (N - 30) + [0] * 30)

    model = fit(classes, "logistic", validation=newest)
    model.set_params(validation="auto")  # a splitter cannot be saved

    facts = headstart.load(model.save(tmp_path / "model.headstart")).analysis()
    assert facts.metrics[0].value is None
    assert "undefined" in facts.metrics[0].reason
    assert model.info()["score"] is None
    _, quality, care = summarise(facts)
    assert "clearly" not in quality
    assert "was not measured" in care


def test_facts_are_small(model):
    assert isinstance(model.analysis(), Facts)
    assert len(model.analysis().to_json()) < 50_000
