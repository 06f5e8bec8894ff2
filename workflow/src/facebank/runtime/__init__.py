"""What models run on: model packs, ONNX Runtime sessions, thread pools and the cache of results."""
