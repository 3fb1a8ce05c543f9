"""Where the key of the members' data is kept: chosen once, or unlocked by a passphrase."""
