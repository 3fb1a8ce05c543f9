"""ctidesk: the desktop telephone and desk of healthcare call centres."""

__version__ = "0.1.0"
