"""Pure: no clock, file, network, database or random number. `as_of` and `now` are parameters."""
