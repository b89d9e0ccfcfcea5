"""What a probe compares the discriminator with."""
