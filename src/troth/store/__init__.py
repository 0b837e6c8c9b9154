"""Where rows lie: one portable SQL text, two thin drivers (SQLite, PostgreSQL)."""
