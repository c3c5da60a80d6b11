"""CatBoost's JSON model, checked.

CatBoost trusts the model it loads: a split index beyond the borders or a leaf array of
another length makes it read foreign memory. Its own binary form holds the same arrays
where they cannot be checked without its own reader. So models are stored as JSON,
which is read here first, and every number is checked; CatBoost gets a JSON written
anew from what was read, with nothing in it that was not checked.

What prediction does not need (training parameters and history, leaf weights, readable
copies of splits) is left out.
"""

import json
import re
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any

import numpy as np
import orjson

from headstart.sdk import ArtifactError, FloatArray, require

__all__ = ["Ensemble", "cut", "parse", "render"]

_MAX_BORDERS = 254
_MAX_DEPTH = 12
_MAX_OUTPUTS = 10_000
_MAX_COMBINED = 16
_NO_HASH = str(2**64 - 1)  # marks a free place in CatBoost's tables
_HASH = re.compile(r"[0-9]{1,20}", re.ASCII)
_STRING_VALUE = re.compile(r"[0-9a-z]{1,12}", re.ASCII)
_NAN = {"AsIs", "AsFalse", "AsTrue"}
# Kinds of target statistic that are fitted by the options of this plugin.
_CTR_TYPES = {"Borders", "Counter"}
_FLOAT32_MAX = float(np.finfo(np.float32).max)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A whole model: the checked parts of CatBoost's record, and its sizes.

    Parameters
    ----------
    record : dict
        What CatBoost loads.
    n_numeric, n_categorical : int
        Features; the numeric ones come first.
    n_outputs, n_trees : int
    """

    record: Record
    n_numeric: int
    n_categorical: int
    n_outputs: int
    n_trees: int


def parse(data: bytes) -> Ensemble:
    """Read and check a JSON model.

    Raises
    ------
    ArtifactError
        If `data` is not a model that CatBoost can safely load.
    """
    try:
        return _read(orjson.loads(data))
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"The CatBoost model cannot be read: {error!r}.") from error


def render(model: Ensemble) -> bytes:
    """Write the JSON that CatBoost loads; `parse` reads it back."""
    return orjson.dumps(model.record, option=orjson.OPT_SERIALIZE_NUMPY)


def cut(model: Ensemble, n_trees: int) -> Ensemble:
    """Return the model of the first trees.

    CatBoost's own `shrink` fails where the best round is the last (seen in 1.2.10), and
    ends the process when it is asked for more trees than there are.
    """
    trees = model.record["oblivious_trees"][:n_trees]
    record = {**model.record, "oblivious_trees": trees}
    return replace(model, record=record, n_trees=len(trees))


def _read(record: Record) -> Ensemble:
    info = record["features_info"]
    numeric = [
        _numeric(feature, index)
        for index, feature in enumerate(info.get("float_features") or [])
    ]
    n_numeric = len(numeric)
    categorical = [
        _categorical(feature, index, n_numeric + index)
        for index, feature in enumerate(info.get("categorical_features") or [])
    ]
    ctr_data, n_targets = _ctr_tables(
        record.get("ctr_data") or {}, numeric, categorical
    )
    ctrs = [
        _ctr(ctr, numeric, categorical, n_targets) for ctr in info.get("ctrs") or []
    ]
    # Splits are numbered through all borders of numbers, then values, then statistics.
    n_splits = (
        sum(len(feature["borders"]) for feature in numeric)
        + sum(len(feature.get("values", ())) for feature in categorical)
        + sum(len(ctr["borders"]) for ctr in ctrs)
    )
    trees, n_outputs = _trees(record["oblivious_trees"], n_splits)
    scale, bias = record["scale_and_bias"]
    biases = _floats(bias, 0, n_outputs, "bias")
    require(
        len(biases) in {0, 1, n_outputs},
        "The CatBoost model must have one bias for each output.",
    )
    features = {
        "float_features": numeric,
        "categorical_features": categorical,
        "ctrs": ctrs,
    }
    checked: Record = {
        "model_info": {},
        "features_info": {name: values for name, values in features.items() if values},
        "oblivious_trees": trees,
        "scale_and_bias": [_floats([scale], 1, 1, "scale")[0], biases],
    }
    if ctr_data:
        checked["ctr_data"] = ctr_data
    return Ensemble(checked, n_numeric, len(categorical), n_outputs, len(trees))


def _numeric(feature: Record, index: int) -> Record:
    require(
        _integer(feature["feature_index"], index, index) == index
        and _integer(feature["flat_feature_index"], index, index) == index
        and feature["nan_value_treatment"] in _NAN
        and isinstance(feature["has_nans"], bool),
        f"Numeric feature {index} of the CatBoost model has an index or a treatment of "
        "missing values that it cannot have.",
    )
    return {
        "borders": _borders(feature["borders"]),
        "feature_id": "",
        "feature_index": index,
        "flat_feature_index": index,
        "has_nans": feature["has_nans"],
        "nan_value_treatment": feature["nan_value_treatment"],
    }


def _categorical(feature: Record, index: int, flat_index: int) -> Record:
    _integer(feature["feature_index"], index, index)
    _integer(feature["flat_feature_index"], flat_index, flat_index)
    checked: Record = {
        "feature_id": "",
        "feature_index": index,
        "flat_feature_index": flat_index,
    }
    if "values" in feature:
        values = [_integer(v, -(2**31), 2**31 - 1) for v in _list(feature["values"])]
        strings = _list(feature.get("string_values", []))
        require(
            0 < len(values) <= _MAX_BORDERS
            and len(set(values)) == len(values)
            and len(strings) in {0, len(values)}
            and all(
                isinstance(word, str) and _STRING_VALUE.fullmatch(word)
                for word in strings
            ),
            f"The values of feature {index} of the CatBoost model make no sense.",
        )
        checked |= {"values": values, "string_values": strings}
    return checked


def _projection(
    elements: Any, numeric: list[Record], categorical: list[Record]
) -> list[Record]:
    """Check what a target statistic is grouped by: categories, and splits."""
    require(
        0 < len(_list(elements)) <= _MAX_COMBINED,
        "A statistic of the CatBoost model must be grouped by something.",
    )
    checked = []
    for element in elements:
        kind = element["combination_element"]
        one: Record
        if kind == "float_feature":
            index = _integer(element["float_feature_index"], 0, len(numeric) - 1)
            border = element["border"]
            is_valid = border in numeric[index]["borders"]
            one = {"border": border, "float_feature_index": index}
        else:
            index = _integer(element["cat_feature_index"], 0, len(categorical) - 1)
            one = {"cat_feature_index": index}
            is_valid = kind == "cat_feature_value"
            if kind == "cat_feature_exact_value":
                value = element["value"]
                is_valid = value in categorical[index].get("values", ())
                one["value"] = value
        require(is_valid, "A statistic of the CatBoost model has an unknown element.")
        # Written by us, so that true does not stand for 1 nor 1.0 for 1.
        one["combination_element"] = kind
        checked.append(json.loads(json.dumps(one)))
    return checked


def _base(kind: Any, elements: list[Record]) -> str:
    """Return the name by which CatBoost finds the table of a statistic."""
    require(
        isinstance(kind, str) and kind in _CTR_TYPES,
        f"The CatBoost model has an unknown kind of statistic: {str(kind)[:40]!r}.",
    )
    return json.dumps({"identifier": elements, "type": kind}, separators=(",", ":"))


def _ctr_tables(
    tables: dict[str, Record], numeric: list[Record], categorical: list[Record]
) -> tuple[dict[str, Record], dict[str, int]]:
    """Return the checked tables, and how many counts each entry of one has."""
    checked: dict[str, Record] = {}
    n_targets: dict[str, int] = {}
    for key, table in tables.items():
        base = json.loads(key)
        kind = base["type"]
        name = _base(kind, _projection(base["identifier"], numeric, categorical))
        flat = _list(table["hash_map"])
        stride = _integer(table["hash_stride"], 2, _MAX_OUTPUTS + 1)
        require(
            name not in checked
            and len(flat) % stride == 0
            and len(flat) > 0
            and (kind != "Counter" or stride == 2),
            "A table of statistics of the CatBoost model has a wrong length.",
        )
        hashes = flat[::stride]
        counts = np.array(
            [number for index, number in enumerate(flat) if index % stride]
        )
        require(
            all(
                isinstance(word, str) and _HASH.fullmatch(word) and int(word) < 2**64
                for word in hashes
            )
            and len({int(word) for word in hashes}) == len(hashes)
            and counts.dtype.kind == "i"
            and np.all((counts >= 0) & (counts < 2**31)),
            "A table of statistics of the CatBoost model has invalid hashes or counts.",
        )
        n_targets[name] = stride - 1
        grouped = counts.reshape(len(hashes), stride - 1).tolist()
        checked[name] = {
            "counter_denominator": _integer(table["counter_denominator"], 0, 2**31 - 1),
            "hash_map": [
                entry
                for word, row in zip(hashes, grouped, strict=True)
                if word != _NO_HASH or len(hashes) == 1
                for entry in (str(int(word)), *row)
            ],
            "hash_stride": stride,
        }
    return checked, n_targets


def _ctr(
    ctr: Record,
    numeric: list[Record],
    categorical: list[Record],
    n_targets: dict[str, int],
) -> Record:
    elements = _projection(ctr["elements"], numeric, categorical)
    kind = ctr["ctr_type"]
    name = _base(kind, elements)
    require(name in n_targets, "A statistic of the CatBoost model has no table.")
    return {
        "borders": _borders(ctr["borders"]),
        "ctr_type": kind,
        "elements": elements,
        "identifier": name,
        "prior_denomerator": _floats([ctr["prior_denomerator"]], 1, 1, "prior")[0],
        "prior_numerator": _floats([ctr["prior_numerator"]], 1, 1, "prior")[0],
        "scale": _floats([ctr["scale"]], 1, 1, "scale")[0],
        "shift": _floats([ctr["shift"]], 1, 1, "shift")[0],
        "target_border_idx": _integer(
            ctr["target_border_idx"], 0, max(0, n_targets[name] - 1)
        ),
    }


def _trees(trees: Any, n_splits: int) -> tuple[list[Record], int]:
    """Return the checked trees, and how many outputs each leaf has.

    Leaves are many: those of all trees are checked as one array.
    """
    require(len(_list(trees)) > 0, "The CatBoost model must have trees.")
    splits = [_list(tree["splits"] or []) for tree in trees]
    depths = [len(tree_splits) for tree_splits in splits]
    leaves = [_list(tree["leaf_values"]) for tree in trees]
    n_outputs = len(leaves[0]) >> depths[0]
    require(1 <= n_outputs <= _MAX_OUTPUTS, "The CatBoost model must have outputs.")
    require(
        max(depths) <= _MAX_DEPTH,
        f"A tree of the CatBoost model is deeper than {_MAX_DEPTH}.",
    )
    sizes = [n_outputs << depth for depth in depths]
    require(
        [len(tree_leaves) for tree_leaves in leaves] == sizes,
        "A tree of the CatBoost model has leaf values for another depth.",
    )
    values = _array(list(chain.from_iterable(leaves)), "leaf values")
    ends = np.cumsum(sizes).tolist()
    checked = [
        {
            "leaf_values": values[end - size : end],
            "splits": [
                {"split_index": _integer(split["split_index"], 0, n_splits - 1)}
                for split in tree_splits
            ],
        }
        for tree_splits, size, end in zip(splits, sizes, ends, strict=True)
    ]
    return checked, n_outputs


def _borders(values: Any) -> list[float]:
    borders = _floats(values or [], 0, _MAX_BORDERS, "borders")
    require(
        all(low < high for low, high in pairwise(borders)),
        "Borders of the CatBoost model must rise.",
    )
    return borders


def _floats(values: Any, low: int, high: int, what: str) -> list[float]:
    array = _array(_list(values), what)
    require(
        low <= array.size <= high,
        f"The CatBoost model must have {low} to {high} {what}.",
    )
    return [float(value) for value in array]


def _array(values: list[Any], what: str) -> FloatArray:
    array = np.array(values) if values else np.zeros(0)
    require(
        array.ndim == 1
        and array.dtype.kind in "if"
        and np.all(np.abs(array) <= _FLOAT32_MAX),
        f"The CatBoost model must have finite {what}.",
    )
    return array.astype(np.float64)


def _integer(value: Any, low: int, high: int) -> int:
    require(
        type(value) is int and low <= value <= high,
        f"The CatBoost model holds {str(value)[:40]!r}, expected an integer in "
        f"{low}..{high}.",
    )
    return int(value)


def _list(value: Any) -> list[Any]:
    require(isinstance(value, list), "The CatBoost model lacks a list.")
    return list(value)
