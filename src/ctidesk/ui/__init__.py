"""The desk's windows: the only importer of PySide6 besides app.py. A folder per panel."""
