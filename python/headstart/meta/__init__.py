"""Precedent: what worked on which tables, and what that says about a new one."""
