"""The run: its folder, settings, data and clock, made once by `prepare`."""
