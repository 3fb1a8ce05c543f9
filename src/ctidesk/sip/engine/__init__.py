"""The engine process: the only room that imports pjsua2."""
