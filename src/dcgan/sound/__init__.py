"""Sounds: their spectrograms as pictures, and back."""
