"""Facts of wide tables and long searches, cut to the size of a page."""

from dataclasses import replace

from headstart.facts import Facts

__all__ = ["shortened"]

_MOST = 500


def shortened(facts: Facts, most: int = _MOST) -> Facts:
    """Return the facts with the first `most` columns and trials, and a note on that.

    All members of the ensemble stay.
    """
    trials = tuple(
        trial
        for place, trial in enumerate(facts.trials)
        if place < most or trial.weight > 0
    )
    columns = facts.columns[:most]
    notes = list(facts.notes)
    if len(columns) < len(facts.columns):
        notes.append(f"The first {most} of {len(facts.columns):,} columns are listed.")
    if len(trials) < len(facts.trials):
        notes.append(
            f"Of {len(facts.trials):,} configurations the best {most} and all members "
            "of the ensemble are listed."
        )
    return replace(
        facts,
        columns=columns,
        importance=facts.importance[:most],
        trials=trials,
        notes=tuple(notes),
    )
