"""Built-in transforms, one idea a file."""
