"""`python -m dcgan` is the same as `dcgan`."""

from dcgan.cli import main

main()
