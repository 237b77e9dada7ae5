"""Garments from a picture of the garment alone: cut out, measured, and laid on the mannequin."""
