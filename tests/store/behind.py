"""Behind the program's back."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from monitor.store.engine import Database


def execute(url: str, statement: str) -> None:
    """Run one statement, as somebody with a database client would."""
    engine = create_engine(Database(url).url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
