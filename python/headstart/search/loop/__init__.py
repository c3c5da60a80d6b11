"""The loop of a search: scheduling of fold fits, booking of results, cost model."""
