"""Records of what the model learned: importance, effects, explanations; its sizes."""

from dataclasses import dataclass

from headstart.facts.values import check_lengths

__all__ = [
    "Cell",
    "Contribution",
    "Effect",
    "Explanation",
    "GeneratedFeature",
    "Importance",
    "Series",
    "Sizes",
    "Slice",
]


@dataclass(frozen=True, slots=True)
class Importance:
    """Permutation importance: the loss of score when a column is shuffled, out of fold.

    Parameters
    ----------
    column : str
    mean : float
        Above 0 where the column helps.
    low, high : float or None
        The 95 % interval of this column alone; None where it could not be measured.
    n_repeats : int
    p_value : float or None
        That the column is worth nothing, corrected for the number of columns after
        Benjamini and Hochberg.
    """

    column: str
    mean: float
    low: float | None
    high: float | None
    n_repeats: int
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Values along a grid: of one class, or of the target (its name, or "")."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of one column on the prediction.

    Parameters
    ----------
    column, kind : str
        The kind is ``"numeric"``, ``"categorical"`` or ``"boolean"``.
    grid : tuple of float or str
        Numbers; or levels, of a boolean ``"false"`` and ``"true"``.
    mean : tuple of Series
        Mean prediction at each point of the grid: one series a class (for two, the
        positive one only), or one for regression.
    share : tuple of float
        Share of rows near each point of the grid.
    method : str
        ``"ale"`` (accumulated local effects) or ``"partial dependence"``.
    first_day : str
        Where the grid is in days of a date: the moment of day 0, in ISO format; else
        "".
    """

    column: str
    kind: str
    grid: tuple[float | str, ...]
    mean: tuple[Series, ...]
    share: tuple[float, ...]
    method: str
    first_day: str = ""

    def __post_init__(self) -> None:
        check_lengths(grid=self.grid, share=self.share)
        for series in self.mean:
            check_lengths(grid=self.grid, values=series.values)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of one row, in words."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of a column to a prediction, in the prediction's own units."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one row is predicted as it is; `base` and contributions sum to `prediction`.

    Parameters
    ----------
    chosen : str
        Why this row is shown: ``"typical"``, ``"badly predicted"``.
    row : tuple of Cell
    label : str
        The class whose probability `prediction` is; "" for regression.
    actual : str
    prediction, base : float
        `base` is the mean prediction over the background.
    contributions : tuple of Contribution
        Largest first.
    method : str
    """

    chosen: str
    row: tuple[Cell, ...]
    label: str
    actual: str
    prediction: float
    base: float
    contributions: tuple[Contribution, ...]
    method: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows on which the model does worse than on all.

    Parameters
    ----------
    words : str
        ``"age > 50 and region = north"``.
    n_rows : int
    measure : str
        What `score` is, lower is better: mean loss of a row, in words.
    score, overall : float
        On these rows, and on all.
    low, high : float
        95 % interval of `score`.
    p_value : float
        That it is chance, corrected for looking at many slices.
    """

    words: str
    n_rows: int
    measure: str
    score: float
    overall: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class GeneratedFeature:
    """A feature that was made; `gain` is what it bought, where that was measured."""

    name: str
    words: str
    kept: bool
    gain: float | None


@dataclass(frozen=True, slots=True)
class Sizes:
    """Size and prediction time of the model, on the machine that made it."""

    model_bytes: int
    predict_seconds_per_1000_rows: float | None
    single_row_milliseconds: float | None
