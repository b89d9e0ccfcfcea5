"""Sets gathered and made clean: downloads, faces, near duplicates."""
