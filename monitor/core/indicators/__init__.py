"""The list of indicators. Adding one: its module, one line here, its thresholds in config.yaml."""
