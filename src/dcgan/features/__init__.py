"""What nets know of pictures: classifiers of attributes."""
