"""The data of the SimCSE family of papers: fetched, unpacked and counted."""
