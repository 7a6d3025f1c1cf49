"""Where the metrics of a run go beside its folder: TensorBoard, MLflow."""
