"""dcgan: the deep convolutional GAN, done whole."""
