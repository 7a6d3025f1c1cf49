"""How high the figures of a corpus are, and how finely they count."""

HEIGHT = 300
MOST_BINS = 40
