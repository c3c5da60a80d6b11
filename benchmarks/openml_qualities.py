"""Comparison of headstart's meta-features with the qualities that OpenML recorded.

Reads recorded replies of OpenML: JSON, as in scikit-learn's tests
(``id_61/api-v1-jdq-61.json.gz`` beside ``data-v1-dl-61.arff.gz``), or XML, as in those
of openml-python (``datasets/1/qualities.xml`` beside ``dataset.arff``). Describes each
table whose body is complete, and prints the number of values of `openml_comparable`
that agree to nine digits, and the names of the others.

    python benchmarks/openml_qualities.py FOLDER
"""

import gzip
import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import arff
import numpy as np
import polars as pl

from headstart.base import TaskKind
from headstart.meta.features import describe, openml_comparable
from headstart.tables import Schema, TargetEncoder


def text(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def recordings(folder):
    """Yield name, qualities, target, ignored attributes and body of each dataset."""
    for path in sorted(folder.rglob("api-v1-jdq-*.json.gz")):
        number = path.name.removeprefix("api-v1-jdq-").removesuffix(".json.gz")
        record = json.loads(text(path))
        bodies = list(path.parent.glob("data-v1-dl-*.arff.gz"))
        if "data_qualities" not in record or not bodies:
            continue
        listed = record["data_qualities"]["quality"]
        qualities = {q["name"]: number_of(q.get("value")) for q in listed}
        description = json.loads(text(path.parent / f"api-v1-jd-{number}.json.gz"))
        meta = description["data_set_description"]
        ignored = {meta.get("row_id_attribute")}
        names = meta.get("ignore_attribute") or []
        ignored |= {names} if isinstance(names, str) else set(names)
        target = meta.get("default_target_attribute", "")
        yield f"openml:{number}", qualities, target, ignored, text(bodies[0])
    for path in sorted(folder.rglob("datasets/*/qualities.xml")):
        body = path.with_name("dataset.arff")
        if not body.exists():
            continue
        listed = ET.parse(path).getroot()
        qualities = {q[0].text: number_of(q[1].text) for q in listed if len(q) > 1}
        meta = ET.parse(path.with_name("description.xml")).getroot()
        target = meta.findtext("{*}default_target_attribute")
        yield f"test server:{path.parent.name}", qualities, target, set(), text(body)


def number_of(value):
    return float(value) if isinstance(value, str) and value.strip() else math.nan


def read(body, target, ignored):
    """Return columns, their kinds, and the target's Series with the declared types."""
    document = arff.loads(body)
    columns, kinds, y = [], {}, None
    for place, (name, declared) in enumerate(document["attributes"]):
        values = [row[place] for row in document["data"]]
        if isinstance(declared, list):
            levels = pl.Series(declared, dtype=pl.String).drop_nulls()
            series = pl.Series(name, values, pl.String).cast(pl.Enum(levels))
            kinds[name] = "categorical"
        elif declared.upper() in ("REAL", "NUMERIC", "INTEGER"):
            series, kinds[name] = pl.Series(name, values, pl.Float64), "numeric"
        else:
            series, kinds[name] = pl.Series(name, values, pl.String), "text"
        if name == target:
            y = series
            del kinds[name]
        elif name in ignored:
            del kinds[name]
        else:
            columns.append(series)
    return pl.DataFrame(columns), kinds, y


def main(folder):
    matched = set()
    for name, recorded, target, ignored, body in recordings(folder):
        try:
            frame, kinds, y = read(body, target, ignored)
        except (arff.ArffException, MemoryError) as error:
            print(f"{name}: body not readable ({error})")
            continue
        # Cut bodies keep the whole table's dimensionality, not always its rows.
        n_rows = recorded["NumberOfFeatures"] / recorded["Dimensionality"]
        if y is None or frame.height != round(n_rows):
            print(f"{name}: {frame.height} rows of {n_rows:.0f}, target {target!r}")
            continue
        wanted = "regression" if y.dtype.is_float() else "classification"
        encoder = TargetEncoder.learn(y, wanted)
        schema = Schema.learn(frame, kinds)
        kind = TaskKind(encoder.kind)
        ours = describe(frame, schema, encoder.encode(y), kind)
        names = sorted(openml_comparable & recorded.keys())
        equal = [n for n in names if is_equal(ours[n], recorded[n])]
        matched |= {n for n in equal if not math.isnan(recorded[n])}
        numbers = sum(not math.isnan(recorded[n]) for n in equal)
        print(f"{name}: {len(equal)} of {len(names)} equal, {numbers} of them numbers")
        for n in [*names, "AutoCorrelation"]:
            if n not in equal and not is_equal(ours[n], recorded.get(n, math.nan)):
                print(f"    {n}: ours {ours[n]}, OpenML's {recorded.get(n)}")
    never = sorted(openml_comparable - matched)
    print(f"{len(matched)} of {len(openml_comparable)} names matched as numbers")
    print(f"never seen as a number that matched: {', '.join(never) or 'none'}")


def is_equal(a, b):
    return bool(np.isclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
