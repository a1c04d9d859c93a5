"""The list of channels: none yet, `digest` prints."""
