"""What is made of drawn pictures: files with their provenance, watermarks, animations, heat maps."""
