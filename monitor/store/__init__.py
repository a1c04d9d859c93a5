"""What was recorded, and nothing but what was recorded: SQLite or PostgreSQL."""
