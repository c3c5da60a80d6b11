"""The forkserver (the process that forks workers), its start and its parent's link."""
