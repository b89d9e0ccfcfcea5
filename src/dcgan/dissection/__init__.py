"""Taking objects out of what the generator makes, and putting them in (paper section 6.3)."""
