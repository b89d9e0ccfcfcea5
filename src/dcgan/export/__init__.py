"""What leaves the house: models to keep or to give away."""
