"""Colours, type, space and icons of every screen, from the tokens in `resources/themes`."""
