// Package tensorboard writes event files, which TensorBoard reads and plots: numbers and
// histograms by name and step.
//
// An event file is a row of records, each with its length and checksums (TFRecord), of
// protobuf messages. What is written here is what TensorBoard 2 reads.
package tensorboard
