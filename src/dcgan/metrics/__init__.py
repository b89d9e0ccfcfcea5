"""How good are the pictures? Extractors turn them into features; the measures take features and return numbers."""
