// Package race runs contenders, which are an optimizer and a normalisation, over
// the same seeds in the same number of steps, finds each one's own best learning
// rate, and says which to use and how sure that is.
//
// All contenders of a seed start from the same weights and see the same batches, so
// they are compared pair by pair. The rate is chosen by the validation score and
// the contenders are judged by the test score where there is one.
package race
