// Package spec is the description of a training run: a YAML document with
// strict keys, read into a [Spec] and turned into a train.Config.
//
// A document is first a tree whose every part knows where it was written: a line
// of a file, or a flag of the command line. Flags change that tree before it is
// decoded, so a file, a flag and a default are judged by the same code, and an
// error names the place and the key:
//
//	iris.yaml:7: model has no key "hiden"; did you mean "hidden"?
//	--set model.dropout=2: model.dropout=2 is not in [0,1)
//
// Whatever a part of a document may hold is said once, by the tags of a struct:
//
//	Batch int `spec:"batch" range:"[1,inf)" doc:"examples of a step"`
//
// Parts that come in kinds (data, model, loss) are interfaces; their kinds stand
// in Tables, one line and one file each.
package spec
