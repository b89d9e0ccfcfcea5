"""What nets know of pictures: features of a discriminator, linear machines on them, classifiers of attributes."""
