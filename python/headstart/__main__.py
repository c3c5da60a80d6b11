"""The command line, for ``python -m headstart``."""

from headstart.cli.app import main

if __name__ == "__main__":
    main()
