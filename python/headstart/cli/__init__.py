"""The command line: `headstart train | predict | leaderboard | info | doctor`.

One command a file. What a command found goes to standard output, all else to standard
error. Start-up loads no heavy library: commands import what they use when they run.
"""
