"""The machine and the process: cores, memory, mounts, environment, state of calls."""
