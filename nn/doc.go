// Package nn holds the layers of networks: functions of a value that ask for
// weights by name.
//
// A [Layer] is applied, never built: [NewPlan] applies a model once to learn
// which weights it wants, and every graph after that (a training batch, its
// look-ahead point, an evaluation, a curvature probe) applies the same model
// to a [Context] bound to (layout, w). Inputs have the batch on the first axis
// and the features on the last: images are [batch, height, width, channels],
// sequences [batch, places, features], and texts [batch, places] of whole numbers.
package nn
