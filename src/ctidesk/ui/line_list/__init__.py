"""Lists of lines that the keyboard walks through, as every panel uses them."""
