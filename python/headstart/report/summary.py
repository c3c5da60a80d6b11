"""The model summary: three sentences in plain text."""

import math

from headstart.facts import Facts, MetricFact
from headstart.report.wording import (
    count,
    duration,
    interval,
    listed,
    metric_words,
    number,
    share,
    shorten,
)

__all__ = ["headline_metric", "summarise"]

_MOST_CHANCE = 0.05
# Optimism from selection on the validation rows: boosted trees stop at the best round
# of their fold, and the best of many configurations is chosen. On pure noise, it
# is up to 1.5 standard errors of a fold's score.
_OPTIMISM = 1.5
_TO_95 = 1.96


def summarise(facts: Facts) -> tuple[str, str, str]:
    """Return sentences on the model, its performance, and points to be careful about.

    Returns
    -------
    tuple of three str
        One sentence each, as plain text with names of the table.
    """
    return _model(facts), _quality(facts), _caution(facts)


def headline_metric(facts: Facts) -> MetricFact | None:
    """Return the ensemble's score by the optimised metric.

    Where it could not be computed, return the score of the best configuration, without
    a baseline.
    """
    for metric in facts.metrics:
        if metric.name == facts.task.metric and metric.value is not None:
            return metric
    best = next((t for t in facts.trials if t.score is not None), None)
    if best is None:
        return None
    return MetricFact(
        name=facts.task.metric,
        value=best.score,
        low=best.low,
        high=best.high,
        greater_is_better=facts.task.greater_is_better,
        baseline=None,
    )


def _model(facts: Facts) -> str:
    task = facts.task
    target = f"“{shorten(task.target)}”" if task.target else "the target"
    if task.kind == "regression":
        what = f"{target} (a number)"
    else:
        levels = [shorten(label, 30) for label in task.classes]
        n_classes = count(len(levels), "class", "classes")
        what = f"{target} ({n_classes}: {listed(levels, most=5)})"
    members = [t for t in facts.trials if t.weight > 0]
    kinds: dict[str, float] = {}
    for trial in members:
        kinds[trial.learner] = kinds.get(trial.learner, 0.0) + trial.weight
    ranked = sorted(kinds.items(), key=lambda item: -item[1])
    if len(members) > 1:
        parts = [f"{name} {share(weight)}" for name, weight in ranked]
        model = f"a weighted mean of {len(members):,} configurations ({listed(parts)})"
    elif members:
        model = f"one configuration of {members[0].learner}"
    else:
        model = "an ensemble"
    configurations = count(facts.budget.n_trials, "configuration")
    return (
        f"This model predicts {what} from {count(task.n_features, 'column')}. It is "
        f"{model}, trained on {count(task.n_rows, 'row')} and selected from "
        f"{configurations} in {duration(facts.budget.seconds)}."
    )


def _quality(facts: Facts) -> str:
    metric = headline_metric(facts)
    if metric is None or metric.value is None:
        return (
            "The performance could not be measured; the notes at the end give the "
            "reason."
        )
    where = f" ({facts.validation.words})"
    name = metric_words(metric.name)
    ends = interval(metric.low, metric.high)
    ends = f" (95 % interval {ends})" if ends else ""
    direction = "higher" if metric.greater_is_better else "lower"
    sentence = (
        f"On out-of-fold rows{where}, its {name} is "
        f"{number(metric.value)}{ends}; {direction} is better"
    )
    if metric.baseline is None:
        return f"{sentence}."
    constant = shorten(metric.constant or "the same", 80)
    baseline = f"the {number(metric.baseline)} of always predicting {constant}"
    verdict = _against_baseline(metric, facts)
    if verdict is None:
        why = f"the score has no interval: {metric.reason or 'it was not measured'}"
        return (
            f"{sentence}. The baseline is {baseline}; no verdict is given, because "
            f"{why}."
        )
    words = {
        1: "clearly better than",
        0: "not clearly better than",
        -1: "worse than",
    }[verdict]
    return f"{sentence}. This is {words} {baseline}."


def _against_baseline(metric: MetricFact, facts: Facts) -> int | None:
    """Return 1 for better than the baseline, 0 for unclear, -1 for worse.

    Better means better beyond chance and beyond the optimism of selection. None where
    one of these was not measured.
    """
    optimism = _optimism(metric, facts)
    if metric.value is None or metric.baseline is None or optimism is None:
        return None
    sign = 1.0 if metric.greater_is_better else -1.0
    value, baseline = sign * metric.value, sign * metric.baseline
    ends = [sign * end for end in (metric.low, metric.high) if end is not None]
    if min([value, *ends]) > baseline + optimism:
        return 1
    return -1 if max([value, *ends]) < baseline else 0


def _optimism(metric: MetricFact, facts: Facts) -> float | None:
    """Return the optimism that selection on the validation rows may add to a score."""
    if metric.low is None or metric.high is None:
        return None
    error = abs(metric.high - metric.low) / 2 / _TO_95
    plan = facts.validation
    # Repeated single splits count as folds.
    n_folds = plan.n_folds if plan.n_folds > 1 else max(1, plan.n_repeats)
    return _OPTIMISM * error * math.sqrt(n_folds)


def _caution(facts: Facts) -> str:
    """Return a sentence with at most two cautions, the most severe first."""
    cautions = [
        *_doubtful_data(facts),
        *_doubtful_quality(facts),
        *_doubtful_slices(facts),
    ]
    if not cautions:
        n_notes = len(facts.findings)
        beyond = f" beyond {count(n_notes, 'note')} on the data" if n_notes else ""
        return (
            f"Nothing{beyond} calls for caution; the scores hold for rows from the "
            "same source as these."
        )
    return f"Be careful: {'; and '.join(cautions[:2])}."


def _doubtful_data(facts: Facts) -> list[str]:
    warnings = [f for f in facts.findings if f.severity == "warning"]
    if not warnings:
        return []
    first = warnings[0].message.split(". ")[0].strip().rstrip(".")
    first = shorten(first[:1].lower() + first[1:], 160) if first else warnings[0].code
    if len(warnings) == 1:
        return [f"there is a warning on the data, {first}"]
    return [f"there are {len(warnings)} warnings on the data, the first: {first}"]


def _doubtful_quality(facts: Facts) -> list[str]:
    metric, cautions = headline_metric(facts), []
    if metric is not None:
        verdict = _against_baseline(metric, facts)
        if verdict is None:
            cautions.append(
                "whether the model is better than a constant prediction was not "
                "measured"
            )
        elif verdict < 1:
            cautions.append("the model may be no better than a constant prediction")
        elif metric.low is not None and metric.high is not None:
            gap = abs((metric.value or 0.0) - (metric.baseline or 0.0))
            if metric.high - metric.low > gap:
                cautions.append(
                    "the interval of its score is wider than its gain over a constant "
                    "prediction, so more rows would help"
                )
    n_failed, n_trials = facts.budget.n_failed, facts.budget.n_trials
    if n_failed and n_failed * 4 >= n_trials + n_failed:
        cautions.append(f"{count(n_failed, 'configuration')} failed")
    return cautions


def _doubtful_slices(facts: Facts) -> list[str]:
    sure = [part for part in facts.slices if part.p_value <= _MOST_CHANCE]
    if not sure:
        return []
    worst = sure[0]
    return [
        f"it performs worse where {shorten(worst.words, 100)} "
        f"({count(worst.n_rows, 'row')})"
    ]
