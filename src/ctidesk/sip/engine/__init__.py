"""The engine process: the only room that imports pjsua2."""

from ctidesk.sip.engine_choice import prefer

# every module of the room imports pjsua2, and which one must be settled before the first does
prefer()
