"""The loop of a search: scheduling of fold fits, recording of results, cost model."""
