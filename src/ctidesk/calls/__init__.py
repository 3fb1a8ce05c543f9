"""The heart: calls, their events and commands, the agent's state. Pure, imports nothing of ours."""
