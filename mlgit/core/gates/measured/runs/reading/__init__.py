"""What the text of a program says about the code that it runs."""
