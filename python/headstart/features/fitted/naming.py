"""Names of the columns that candidates make."""

from collections.abc import Iterable

from headstart.features.operators.candidate import Candidate

__all__ = ["feature_names"]


def feature_names(
    candidates: Iterable[Candidate], labels: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Return distinct names of each candidate's columns.

    Formulas over columns whose names are formulas may coincide: `a / (b / c)` and
    `(a / b) / c`. The second one gets a number.

    Parameters
    ----------
    candidates : iterable of Candidate
    labels : tuple of str
        Classes that have a column of their own in features that read the target.
    """
    used_names: set[str] = set()
    all_names = []
    for candidate in candidates:
        names, count = _names(candidate, candidate.name, labels), 1
        while not used_names.isdisjoint(names):
            count += 1
            names = _names(candidate, f"{candidate.name} ({count})", labels)
        used_names.update(names)
        all_names.append(names)
    return all_names


def _names(candidate: Candidate, name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    if candidate.operator == "text_hash":
        n_columns = int(candidate.options["n_columns"])
        return tuple(f"{name} #{i}" for i in range(n_columns))
    if candidate.kind.reads_target and labels:
        return tuple(f"{name} = {label}" for label in labels)
    return (name,)
