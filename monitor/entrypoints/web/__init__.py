"""The dashboard and the API: they read what was recorded and change nothing."""
