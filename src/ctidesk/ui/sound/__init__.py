"""The agent's sound: devices, volumes, meters and a test."""
