"""Looking inside a discriminator: what each channel responds to."""
