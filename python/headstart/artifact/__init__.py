"""Model files: named parts of bytes with a manifest, that load without running code.

The layout of a file is described in docs/reference/model_file.md, the reasons for it in
docs/decisions.
"""

from headstart.artifact.container import Artifact, read_artifact, write_artifact
from headstart.artifact.limits import DEFAULT_LIMITS, Limits
from headstart.facts.versions import version_differences, versions_of_makers

__all__ = [
    "DEFAULT_LIMITS",
    "Artifact",
    "Limits",
    "read_artifact",
    "version_differences",
    "versions_of_makers",
    "write_artifact",
]
