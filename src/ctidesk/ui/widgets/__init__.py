"""Small widgets that every panel is built from. They render what they are told and remember
nothing."""
