"""Looking inside a discriminator: what each of its features responds to, and where in the picture."""
