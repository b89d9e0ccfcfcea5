"""Pictures in: sources of pictures, and the packed sets that `prepare` makes of them."""
