"""The frames that panels are put into: the main window, the compact bar, the lock cover."""
