"""The loop of a search: what runs next, what came of it, what it cost."""
