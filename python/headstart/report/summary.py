"""The summary: three plain sentences that a reader may quote."""

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
# What choosing by held-out rows makes of noise: boosted trees stop at the round that is
# best on their fold, and the best of many configurations is taken. Measured on targets
# that are noise, it is up to 1.5 standard errors of a fold's score.
_LUCK = 1.5
_TO_95 = 1.96


def summarise(facts: Facts) -> tuple[str, str, str]:
    """Say what was learnt, how good it is, and what to be careful about.

    Returns
    -------
    tuple of three str
        A sentence each; they are plain text and hold names from the table.
    """
    return _learnt(facts), _quality(facts), _care(facts)


def headline_metric(facts: Facts) -> MetricFact | None:
    """Return the ensemble's figure of the metric that was optimised.

    Where it could not be computed, that of the best configuration stands in, without
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


def _learnt(facts: Facts) -> str:
    task = facts.task
    target = f"“{shorten(task.target)}”" if task.target else "the target"
    if task.kind == "regression":
        what = f"{target}, a number,"
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
    tried = count(facts.budget.n_trials, "configuration")
    return (
        f"This model predicts {what} from {count(task.n_features, 'column')}, learnt "
        f"from {count(task.n_rows, 'row')}; it is {model}, chosen after trying "
        f"{tried} in {duration(facts.budget.seconds)}."
    )


def _quality(facts: Facts) -> str:
    metric = headline_metric(facts)
    if metric is None or metric.value is None:
        return "How good it is could not be measured; the notes at the end say why."
    where = f" ({facts.validation.words})"
    name = metric_words(metric.name)
    ends = interval(metric.low, metric.high)
    ends = f" (95 % interval {ends})" if ends else ""
    direction = "higher" if metric.greater_is_better else "lower"
    sentence = (
        f"On rows held out of its learning{where} its {name} is "
        f"{number(metric.value)}{ends}, where {direction} is better"
    )
    if metric.baseline is None:
        return f"{sentence}."
    constant = shorten(metric.constant or "the same", 80)
    baseline = f"the {number(metric.baseline)} of always predicting {constant}"
    verdict = _against_baseline(metric, facts)
    if verdict is None:
        why = f"the figure has no interval: {metric.reason or 'it was not measured'}"
        return (
            f"{sentence}. It stands beside {baseline}; which of the two is better is "
            f"not said, because {why}."
        )
    words = {
        1: "clearly better than",
        0: "not clearly better than",
        -1: "worse than",
    }[verdict]
    return f"{sentence}: {words} {baseline}."


def _against_baseline(metric: MetricFact, facts: Facts) -> int | None:
    """Return 1 for better than the baseline, 0 for doubtful, -1 for worse.

    Better has to be beyond chance, and beyond what choices by the same rows gain. None
    where one of these was not measured.
    """
    luck = _luck(metric, facts)
    if metric.value is None or metric.baseline is None or luck is None:
        return None
    sign = 1.0 if metric.greater_is_better else -1.0
    value, baseline = sign * metric.value, sign * metric.baseline
    ends = [sign * end for end in (metric.low, metric.high) if end is not None]
    if min([value, *ends]) > baseline + luck:
        return 1
    return -1 if max([value, *ends]) < baseline else 0


def _luck(metric: MetricFact, facts: Facts) -> float | None:
    """Return what choices by held-out rows may have added to a figure."""
    if metric.low is None or metric.high is None:
        return None
    error = abs(metric.high - metric.low) / 2 / _TO_95
    plan = facts.validation
    # Of single splits, each is a fold.
    n_folds = plan.n_folds if plan.n_folds > 1 else max(1, plan.n_repeats)
    return _LUCK * error * math.sqrt(n_folds)


def _care(facts: Facts) -> str:
    """Return the gravest thing first; at most two fit into a sentence."""
    cares = [
        *_doubtful_data(facts),
        *_doubtful_quality(facts),
        *_doubtful_slices(facts),
    ]
    if not cares:
        n_notes = len(facts.findings)
        beyond = f", beyond {count(n_notes, 'note')} on the data," if n_notes else ""
        return (
            f"Nothing{beyond} asked for special care; the figures hold for rows that "
            "come about as these did."
        )
    return f"Be careful: {'; and '.join(cares[:2])}."


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
    metric, cares = headline_metric(facts), []
    if metric is not None:
        verdict = _against_baseline(metric, facts)
        if verdict is None:
            cares.append(
                "whether the model is better than a constant prediction was not "
                "measured"
            )
        elif verdict < 1:
            cares.append("the model may be no better than a constant prediction")
        elif metric.low is not None and metric.high is not None:
            gap = abs((metric.value or 0.0) - (metric.baseline or 0.0))
            if metric.high - metric.low > gap:
                cares.append(
                    "the interval of its figure is wide beside what it gains over a "
                    "constant prediction, so more rows would help"
                )
    n_failed, n_trials = facts.budget.n_failed, facts.budget.n_trials
    if n_failed and n_failed * 4 >= n_trials + n_failed:
        cares.append(f"{count(n_failed, 'configuration')} failed")
    return cares


def _doubtful_slices(facts: Facts) -> list[str]:
    sure = [part for part in facts.slices if part.p_value <= _MOST_CHANCE]
    if not sure:
        return []
    worst = sure[0]
    return [
        f"it does worse where {shorten(worst.words, 100)} "
        f"({count(worst.n_rows, 'row')})"
    ]
