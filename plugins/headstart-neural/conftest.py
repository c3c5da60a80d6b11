"""What pytest leaves alone where torch is not there."""

import importlib.util

collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else ["src/headstart_neural/networks.py", "src/headstart_neural/training.py"]
)
