"""The process that forks workers, its start, and its parent's link to it."""
