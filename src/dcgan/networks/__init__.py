"""Generator and discriminator, built from lists of stages. Pure torch: no files, no flags."""
