"""What the lesson needs: one utterance, and each idea of the model in its numbers."""
