"""The desk's windows: the only importer of PySide6 besides app.py. A folder per panel."""

from ctidesk.ui.lasting_singletons import keep_singletons_alive

keep_singletons_alive()
