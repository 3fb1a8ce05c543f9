"""The composition: builds every part, hands ports to the screen, names the thread of each."""
