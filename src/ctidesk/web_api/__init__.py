"""The loopback WebSocket interface for web CRMs: who may connect, what is told, what is obeyed."""
