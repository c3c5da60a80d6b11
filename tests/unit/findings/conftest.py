import numpy as np
import polars as pl
import pytest

from headstart.findings import Subject, all_findings
from headstart.tables import Schema, TargetEncoder


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def find():
    """Return a function that gives the findings on a table by code."""

    def look(columns, y, target="y", kind=None):
        frame = pl.DataFrame(columns)
        encoder = TargetEncoder.learn(y, kind)
        schema = Schema.learn(frame)
        labels = () if encoder.classes is None else tuple(map(str, encoder.classes))
        subject = Subject(
            frame,
            schema,
            schema.apply(frame),
            encoder.encode(y),
            encoder.kind,
            target,
            labels,
        )
        codes: dict[str, list] = {}
        for finding in all_findings(subject):
            codes.setdefault(finding.code, []).append(finding)
        return codes

    return look
