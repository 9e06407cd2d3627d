package onnx

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/godescent/descent/tensor"
)

// The versions that are written: ONNX 1.13 of December 2022.
const (
	irVersion = 8
	opset     = 18
)

// The numbers of the fields, from onnx.proto3 of ONNX 1.13.
const (
	modelIR, modelProducer, modelProducerVersion, modelDoc = 1, 2, 3, 6
	modelGraph, modelOpset, modelMetadata                  = 7, 8, 14
	opsetVersion                                           = 2
	entryKey, entryValue                                   = 1, 2
	graphNode, graphName, graphInitializer                 = 1, 2, 5
	graphInput, graphOutput                                = 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute = 1, 2, 3, 4, 5
	attributeName, attributeI, attributeInts               = 1, 3, 8
	attributeType                                          = 20
	typeInt, typeInts                                      = 2, 7
	tensorDims, tensorType, tensorName, tensorRaw          = 1, 2, 8, 9
	tensorFloats, tensorInt32s, tensorInt64s               = 4, 5, 7
	tensorDoubles, tensorExternal, tensorLocation          = 10, 13, 14
	infoName, infoType, infoDoc                            = 1, 2, 3
	typeTensor, tensorElem, tensorShape                    = 1, 1, 2
	shapeDim, dimValue, dimParam                           = 1, 1, 2
)

// boolean is the element type of a truth, which no array here has.
const boolean = 9

// elementTypes are the numbers of the element types, from TensorProto.DataType.
var elementTypes = [...]struct {
	dtype tensor.DType
	code  uint64
}{{tensor.Float32, 1}, {tensor.Uint8, 2}, {tensor.Int32, 6}, {tensor.Int64, 7}, {tensor.Float64, 11}}

func elementType(d tensor.DType) uint64 {
	for _, t := range elementTypes {
		if t.dtype == d {
			return t.code
		}
	}
	panic("onnx: no element type " + d.String())
}

// message is a protobuf message that is being written.
type message []byte

func (m *message) integer(field protowire.Number, v uint64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), v)
}

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
}

func (m *message) message(field protowire.Number, b message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

// open begins a message of n bytes, which are to follow.
func (m *message) open(field protowire.Number, n int) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.BytesType), uint64(n))
}

// attribute is an operator's argument: an integer, or a list of them.
type attribute struct {
	name string
	i    int
	ints []int
}

func (a attribute) encode() message {
	var m message
	m.text(attributeName, a.name)
	if a.ints == nil {
		m.integer(attributeI, uint64(a.i))
		m.integer(attributeType, typeInt)
		return m
	}
	for _, v := range a.ints {
		m.integer(attributeInts, uint64(v))
	}
	m.integer(attributeType, typeInts)
	return m
}
