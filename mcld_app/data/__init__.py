"""What a model learns from and is measured on: examples, the prepared folders on disk, and drawn people."""
