"""The gates of trunk itself: after a merge, and as its tags state them."""
