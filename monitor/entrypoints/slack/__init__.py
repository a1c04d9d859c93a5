"""Slack as people use it: commands, clicks, modals and App Home; sending is the channel's job."""
