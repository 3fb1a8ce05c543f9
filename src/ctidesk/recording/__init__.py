"""Encrypted recording: the age container, segments, the signed manifest, the recorder process, the reader."""
