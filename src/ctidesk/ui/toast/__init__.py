"""The pop of an offered call in the corner of the screen. It never takes the keyboard."""
