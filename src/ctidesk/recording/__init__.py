"""Encrypted recording: age segments, signed manifest, the recorder process, the reader."""
