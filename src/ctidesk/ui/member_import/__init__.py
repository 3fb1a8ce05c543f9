"""Members from a CSV file: look at it, import it, see which rows were rejected and why."""
