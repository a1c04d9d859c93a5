"""Pure: snapshots into a neutral message, and the message into text, HTML, Slack blocks or JSON."""
