"""What stands off a person's body, as surfaces of its own: hair, skirts, wide sleeves and trousers."""
