"""Model files: a checked manifest and parts of bytes, that load without running code.

The layout of a file is described in `headstart.artifact.manifest`, the form of its ZIP
in `headstart.artifact.zip_file`.
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
