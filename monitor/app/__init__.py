"""What the program does, put together: observe, act, answer."""
