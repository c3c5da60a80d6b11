"""Numbers, names and durations formatted for readers, the same in every format."""

import math
from collections.abc import Mapping, Sequence

__all__ = [
    "bare",
    "count",
    "distinct",
    "duration",
    "evidence",
    "interval",
    "listed",
    "metric_words",
    "number",
    "share",
    "shorten",
    "size",
]

_METRICS = {
    "average_precision": "average precision",
    "brier": "Brier score",
    "f1": "F1",
    "f1_macro": "F1 (mean over classes)",
    "f1_weighted": "F1 (weighted over classes)",
    "kappa": "Cohen's kappa",
    "mae": "mean absolute error",
    "mape": "mean absolute percentage error",
    "mcc": "Matthews correlation",
    "medae": "median absolute error",
    "r2": "R²",
    "rmse": "root mean squared error",
    "rmsle": "root mean squared log error",
    "roc_auc": "ROC AUC",
    "roc_auc_ovo": "ROC AUC (class against class)",
    "roc_auc_ovr": "ROC AUC (class against rest)",
}


def number(value: float | None) -> str:
    """Return a number with about four digits, and thousands separators from 10,000.

    A value just below 1 keeps enough digits not to read as 1.

    Examples
    --------
    >>> number(0.123456), number(1234567.8), number(3), number(2e-9), number(None)
    ('0.1235', '1,234,568', '3', '2e-09', '-')
    >>> number(2019), number(0.99996)
    ('2019', '0.99996')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if abs(value) >= 1e15:
        return f"{value:.3e}"
    if abs(value) >= 9999.5:
        return f"{value:,.0f}"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:.0f}"
    if 0.9999 < abs(value) < 1:
        return f"{value:.{_digits_below(abs(value))}f}".rstrip("0")
    return f"{value:.4g}"


def count(value: int, noun: str = "", plural: str = "") -> str:
    """Return a count with the noun in singular or plural.

    Parameters
    ----------
    value : int
    noun : str
    plural : str
        By default the noun with an ``s``.

    Examples
    --------
    >>> count(1, "row"), count(12345, "row"), count(2, "class", "classes")
    ('1 row', '12,345 rows', '2 classes')
    """
    words = noun if value == 1 or not noun else plural or f"{noun}s"
    return f"{value:,} {words}".rstrip()


def duration(seconds: float | None) -> str:
    """Return seconds in a readable unit.

    Examples
    --------
    >>> [duration(s) for s in (0.0042, 0.25, 12.34, 75, 7300)]
    ['4.2 ms', '250 ms', '12.3 s', '1 min 15 s', '2 h 2 min']
    """
    if seconds is None:
        return "-"
    if seconds < 0.9995:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.0995 else _whole_ms(seconds)
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def size(n_bytes: int | None) -> str:
    """Return bytes in a readable unit.

    Examples
    --------
    >>> [size(b) for b in (512, 2048, 5_300_000, 7 * 2**30)]
    ['512 B', '2.05 kB', '5.3 MB', '7.52 GB']
    """
    if n_bytes is None:
        return "-"
    value, units = float(n_bytes), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.3g} {units[0]}"


def share(value: float | None) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> share(0.126), share(0.0004), share(0.0), share(1.0)
    ('13 %', '0.04 %', '0 %', '100 %')
    >>> share(0.996), share(0.99999)
    ('99.6 %', '99.999 %')
    """
    if value is None or not math.isfinite(value):
        return "-"
    percent = 100 * value
    if 99 < percent < 100:
        return f"{percent:.{_digits_below(value) - 2}f}".rstrip("0").rstrip(".") + " %"
    if percent == 0 or abs(percent) >= 9.95:
        return f"{percent:.0f} %"
    return f"{percent:.1g} %" if abs(percent) < 0.95 else f"{percent:.2g} %"


def interval(low: float | None, high: float | None) -> str:
    """Return the bounds of an interval as text, "" where there is none.

    Examples
    --------
    >>> interval(0.81, 0.85), interval(None, None)
    ('0.81 to 0.85', '')
    """
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def listed(words: Sequence[str], most: int = 3) -> str:
    """Return words as a list in a sentence, cut after `most`.

    Examples
    --------
    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"], most=2)
    ('a and b', 'a, b and 3 more')
    """
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most:,} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def shorten(text: str, most: int = 60) -> str:
    """Return a text cut in its middle to `most` characters.

    Examples
    --------
    >>> shorten("a" * 30 + "b" * 30, 11)
    'aaaaaa…bbbb'
    """
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 5
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def distinct(texts: Sequence[str], most: int = 60) -> list[str]:
    """Return texts cut to `most` characters, numbered where the cut made them equal.

    Examples
    --------
    >>> distinct(["a" * 20, "b", "a" * 9 + "c" + "a" * 10], 8)
    ['aaaaa…aa (1)', 'b', 'aaaaa…aa (3)']
    """
    cut = [shorten(text, most) for text in texts]
    return [
        f"{text} ({place})" if cut.count(text) > 1 else text
        for place, text in enumerate(cut, 1)
    ]


def bare(name: str) -> str:
    """Return the name of a call without its arguments.

    Examples
    --------
    >>> bare("text_svd(min_rows=2, n_topics=24)"), bare("ridge")
    ('text_svd', 'ridge')
    """
    return name.split("(", 1)[0]


def evidence(figures: Mapping[str, str | float | None]) -> str:
    """Return the evidence of a finding as text: shares as percentages, no "n" prefixes.

    Examples
    --------
    >>> evidence({"share_explained": 0.782, "n_values": 12, "by": ""})
    'share explained 78 %; values 12'
    """
    words = []
    for key, value in figures.items():
        if value is None or value == "":
            continue
        shown = str(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            shown = share(value) if key.startswith("share") else number(value)
        words.append(f"{key.removeprefix('n_').replace('_', ' ')} {shown}")
    return "; ".join(words)


def metric_words(name: str) -> str:
    """Return the name of a metric for use in a sentence.

    Examples
    --------
    >>> metric_words("roc_auc"), metric_words("my_own_metric")
    ('ROC AUC', 'my own metric')
    """
    return _METRICS.get(name, name.replace("_", " "))


def _digits_below(value: float) -> int:
    """Return the number of decimals that show two digits of ``1 - value``."""
    return min(15, 1 - math.floor(math.log10(1 - value)))


def _whole_ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
