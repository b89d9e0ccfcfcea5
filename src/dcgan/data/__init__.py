"""Pictures in: sources of pictures, and the packed sets that are made of them."""
