"""Looking inside: what each feature of a discriminator responds to, and which maps of a generator draw an object."""
