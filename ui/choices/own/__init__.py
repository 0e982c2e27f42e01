"""What people add of their own: tags on images, names of neurons; and which datasets are theirs."""
