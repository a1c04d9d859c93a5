"""The doors: parse, call app, answer."""
