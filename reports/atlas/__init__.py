"""The atlas: a static site of losses, one page each, to read and to try."""
