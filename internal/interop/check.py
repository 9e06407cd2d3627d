"""Opens files that descent wrote by the programs that they are for.

    check.py onnx FOLDER         every FOLDER/CASE/model.onnx against FOLDER/CASE/N/*.npy
    check.py safetensors FILE    its tensors as JSON: name -> type, shape, sha256
    check.py rewrite FROM TO     a safetensors file or an ONNX model by Python's own writers
    check.py events FOLDER       what TensorBoard reads: tag -> [[step, value], ..]

Each prints one JSON object on stdout. The packages are those of requirements.txt.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np


def check_model(case):
    """The largest error over a case's feeds, |got - want| / max(1, |want|), or what failed."""
    import onnx
    import onnxruntime

    path = case / "model.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = [i.name for i in session.get_inputs()]
    outputs = [o.name for o in session.get_outputs()]
    worst = 0.0
    for feed in sorted(p for p in case.iterdir() if p.is_dir()):
        got = session.run(outputs, {name: np.load(feed / f"in_{i}.npy") for i, name in enumerate(inputs)})
        for i, (name, y) in enumerate(zip(outputs, got)):
            want = np.load(feed / f"out_{i}.npy")
            if y.shape != want.shape or y.dtype != want.dtype:
                raise ValueError(f"{name} is {y.dtype}{list(y.shape)}, want {want.dtype}{list(want.shape)}")
            if y.size == 0:
                continue
            y, want = y.astype(np.float64), want.astype(np.float64)
            same = (y == want) | (np.isnan(y) & np.isnan(want))
            with np.errstate(invalid="ignore"):
                error = np.where(same, 0, np.abs(y - want) / np.maximum(1, np.abs(want)))
            if np.isnan(error).any():
                raise ValueError(f"{name} is {y.flat[np.isnan(error).argmax()]}, want {want.flat[np.isnan(error).argmax()]}")
            worst = max(worst, float(error.max()))
    return worst


def onnx_cases(folder):
    out = {}
    for case in sorted(pathlib.Path(folder).iterdir()):
        try:
            out[case.name] = {"error": check_model(case)}
        except Exception as e:  # the test tells which case and why
            out[case.name] = {"failed": f"{type(e).__name__}: {e}"}
    return out


def tensors(path):
    from safetensors import safe_open

    out = {}
    with safe_open(path, framework="np") as f:
        for name in f.keys():
            a = f.get_tensor(name)
            out[name] = [str(a.dtype), list(a.shape), hashlib.sha256(a.tobytes()).hexdigest()]
        return {"tensors": out, "metadata": f.metadata() or {}}


def rewrite(source, target):
    if source.endswith(".onnx"):
        import onnx
        from onnx import numpy_helper

        model = onnx.load(source)
        for k, t in enumerate(model.graph.initializer):  # numbers as a list, not raw, of every other one
            if k % 2 and t.data_type == onnx.TensorProto.FLOAT:
                a = numpy_helper.to_array(t)
                t.CopyFrom(onnx.helper.make_tensor(t.name, t.data_type, a.shape, a.flatten().tolist(), raw=False))
        onnx.save(model, target)
    else:
        from safetensors.numpy import load_file, save_file

        save_file(load_file(source), target, metadata={"written by": "Python"})
    return {}


def events(folder):
    from tensorboard.backend.event_processing import event_accumulator

    acc = event_accumulator.EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    acc.Reload()
    tags = acc.Tags()
    return {
        "scalars": {t: [[e.step, e.value] for e in acc.Scalars(t)] for t in tags["scalars"]},
        "histograms": {t: [[e.step, e.histogram_value.num, e.histogram_value.min, e.histogram_value.max, sum(e.histogram_value.bucket)]
                           for e in acc.Histograms(t)] for t in tags["histograms"]},
    }


if __name__ == "__main__":
    do = {"onnx": onnx_cases, "safetensors": tensors, "rewrite": rewrite, "events": events}[sys.argv[1]]
    print(json.dumps(do(*sys.argv[2:])))
