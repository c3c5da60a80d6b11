"""Records of importance, effects, explanations, weak slices and sizes."""

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
    """Permutation importance: the loss of score when a column is shuffled.

    Parameters
    ----------
    column : str
    mean : float
        Above 0 where the column helps.
    low, high : float or None
        The 95 % interval of this column alone; None where it could not be measured.
    n_repeats : int
    p_value : float or None
        P-value of no importance, adjusted for the number of columns
        (Benjamini-Hochberg).
    """

    column: str
    mean: float
    low: float | None
    high: float | None
    n_repeats: int
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Values along a grid, for one class or for the target (its name, or "")."""

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
        Numbers, or levels; for a boolean ``"false"`` and ``"true"``.
    mean : tuple of Series
        Mean prediction at each point of the grid: one series per class (of two,
        the positive one only), or one for regression.
    share : tuple of float
        Share of rows near each point of the grid.
    method : str
        ``"ale"`` (accumulated local effects) or ``"partial dependence"``.
    first_day : str
        For a grid in days of a date: the time of day 0 in ISO format; else "".
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
    """A value of one row as text."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of a column to a prediction, in the prediction's own units."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one row: `base` and contributions sum to `prediction`.

    Parameters
    ----------
    chosen : str
        The reason why this row is shown: ``"typical"``, ``"badly predicted"``.
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
    """A group of rows with a higher loss than all rows.

    Parameters
    ----------
    words : str
        ``"age > 50 and region = north"``.
    n_rows : int
    measure : str
        Name of the mean loss in `score`; lower is better.
    score, overall : float
        Loss on these rows, and on all rows.
    low, high : float
        95 % interval of `score`.
    p_value : float
        P-value adjusted for the number of tested slices.
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
    """A generated feature with its gain, where that was measured."""

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
