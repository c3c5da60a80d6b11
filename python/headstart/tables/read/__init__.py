"""Tables from files and from objects in memory, as polars DataFrames."""
