"""Access to a knowledge base with SQLAlchemy, for writing and for PostgreSQL."""
