"""The latent space as something to use: walks, arithmetic, axes, concepts. Takes models and arrays, prints nothing."""
