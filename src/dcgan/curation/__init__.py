"""Sets made clean: near duplicates found and left out."""
