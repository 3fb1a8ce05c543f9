"""The desk's windows: the only importer of PySide6 besides app.py. A folder per panel."""

from ctidesk.ui.lasting_none import keep_none_alive

keep_none_alive()
