"""The guide of a call: step by step what to say, ask and check."""
