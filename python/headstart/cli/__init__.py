"""The command line: `headstart train | predict | leaderboard | info | doctor`.

There is one file per command. Results go to standard output, everything else to
standard error. Start-up loads no heavy library: commands import what they use when they
run.
"""
