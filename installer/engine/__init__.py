"""The build of our own pjsua2: `make engine`."""
