"""Turn labelled faces into member weights. Needs TensorFlow (or another Keras back end)."""
