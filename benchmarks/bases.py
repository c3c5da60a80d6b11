"""Knowledge bases without the family of the dataset in question."""

import os
import tempfile
from pathlib import Path

__all__ = ["FAMILIES", "SHARDS", "make_base", "start_from"]

_META_DB = Path(__file__).parent.parent / "meta_db"
SHARDS = _META_DB / "data"
FAMILIES = _META_DB / "families.json"


def make_base(shards: list[Path], families: dict[str, list[str]], name: str) -> str:
    """Make a base of all shards without the family of `name`; empty without shards."""
    from headstart.meta.store import KnowledgeBase

    family = next((f for f in families.values() if name in f), [name])
    path = Path(tempfile.mkdtemp(prefix="headstart-bench-")) / "base.db"
    if not shards:
        return str(path)
    with KnowledgeBase.open(path) as base, base.transaction():
        for shard in shards:
            if shard.stem not in family:
                base.import_lines(shard)
    return str(path)


def start_from(base: str) -> None:
    """Make `base` the only knowledge base of fits in this process."""
    import headstart.meta.shipped as shipped

    os.environ["HEADSTART_META_DB"] = base
    shipped.shipped_base = lambda: None
