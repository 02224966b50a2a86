"""What the numbers of gates measure."""
