"""Training runs side by side: what `reports compare` shows, as a page and on the screen."""
