"""The output of commands: text and JSON, tables in files, and their paths."""
