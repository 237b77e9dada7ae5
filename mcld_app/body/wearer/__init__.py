"""What somebody in a photo wears, piece by piece: which pixels show which garment, and which their skin and hair."""
