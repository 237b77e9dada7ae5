"""Training: the paper's objective and the small parts' own, on accelerate, resumable to the last bit."""
