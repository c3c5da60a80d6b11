"""A knowledge base through SQLAlchemy: to write to it, and to read PostgreSQL."""
