"""Generator and discriminator, built from lists of layers. Pure torch: no files, no flags."""
