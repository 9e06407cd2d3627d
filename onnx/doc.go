// Package onnx writes expressions as ONNX models, which other runtimes compute, and
// reads the weights of such files.
//
// What is written is the graph itself, a node for each primitive, so any network can be
// exported and no layer has to know of it. The graph is built for two sizes of batch:
// what differs between them is the batch, which the file leaves open.
//
// The format is that of ONNX 1.13, operator set 18 (https://onnx.ai): a protobuf message,
// whose fields are written and read one by one.
package onnx
