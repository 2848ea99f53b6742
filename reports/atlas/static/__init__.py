"""Scripts and the style sheet of the atlas; a package so that wheels carry them."""
