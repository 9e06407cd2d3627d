// Package interop holds no code, only the tests that open what descent writes by the
// programs that it is written for: onnxruntime, Python's safetensors, TensorBoard.
//
// They run where DESCENT_PYTHON names a Python with the packages of requirements.txt,
// as .ci/run makes one, and are left out elsewhere.
package interop
