"""Dialling out: number, directory, recent targets."""
