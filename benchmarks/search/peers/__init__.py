"""The peers behind one protocol: asked for a training, told its value. Each module runs in its own environment."""
