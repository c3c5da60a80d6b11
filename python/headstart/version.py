"""The version of headstart, importable by every module without the package's names."""

__all__ = ["__version__"]

__version__ = "0.1.0"
