"""Ibis expressions from the canonical tables to daily facts: the only step that touches many rows."""
