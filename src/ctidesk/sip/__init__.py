"""The desk's side of telephony: protocol, channel, engine client, supervisor, simulator."""
