"""What a discriminator knows of pictures, as numbers: features for a classifier of one's own."""
