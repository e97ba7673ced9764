"""What is pressed on a console's keyboard to type a text or a chord, in the instance's keyboard layout."""
