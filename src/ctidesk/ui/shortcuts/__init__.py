"""Which keys do what: the table, its binding to the windows, and the overview under F1."""
