"""``python -m tests.openml_server``: to try a refresh on, without a network."""

import argparse
import contextlib

from .faults import NAMED, Fault, FaultPlan
from .server import OpenMLServer


def main():
    parser = argparse.ArgumentParser(prog="tests.openml_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME:PATTERN[:FIRST[:TIMES]]",
        help=f"one of {', '.join(sorted(NAMED))}, for paths that match a pattern",
    )
    arguments = parser.parse_args()
    faults = [_fault(parser, text) for text in arguments.fault]
    server = OpenMLServer(faults=FaultPlan(*faults), port=arguments.port)
    print(server.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()


def _fault(parser, text):
    name, _, rest = text.partition(":")
    pattern, *counts = rest.split(":")
    if name not in NAMED or not pattern or not all(c.isdigit() for c in counts[:2]):
        parser.error(f"--fault must be like 'stall:data/61'. Got {text!r} instead.")
    return Fault(pattern, NAMED[name], *map(int, counts[:2]))


if __name__ == "__main__":
    main()
