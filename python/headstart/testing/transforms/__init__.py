"""The checks of transforms, by topic."""

from headstart.testing.sharing import IMPORT_EFFECTS, IMPORT_TIME, WORKER_COPY
from headstart.testing.transforms import declaration, fitting, storage, tables
from headstart.testing.transforms.subject import TransformSubject

__all__ = ["TRANSFORM_CHECKS", "TransformSubject"]

TRANSFORM_CHECKS = (
    *(IMPORT_TIME, IMPORT_EFFECTS, WORKER_COPY),
    *declaration.CHECKS,
    *fitting.CHECKS,
    *tables.CHECKS,
    *storage.CHECKS,
)
