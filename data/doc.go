// Package data brings examples to the training loop: sets in memory, sources
// read in blocks and streams of them for what does not fit, splits by seed,
// weights of classes, normalisation fitted on the training part, and samplers that
// say which examples a step takes.
//
// Whatever is drawn by chance here is a function of a seed and a position,
// never of what was drawn before, so a resumed run needs nothing restored and
// every platform sees the same examples in the same order.
//
// A format is a folder below this one: tables of text (csv) and in Parquet files
// (parquet), both understood by table; arrays in NumPy's and IDX files (npy, idx);
// folders of images (images); texts (text). What is part of the program is in
// shipped and mnist, and open finds all of them by name. Images are changed by
// chance inside the step by augment.
package data
